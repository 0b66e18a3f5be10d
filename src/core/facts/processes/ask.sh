# Every process (recipe 3: `script ps_output`) and who is logged in. Lines are cut: a Java command line can be long.
set -eu
ask ps --cols 400 -eo pid,ppid,user,stat,time,args
if [ "$STATUS" -ne 0 ]; then ask ps -ef; fi
ask who
