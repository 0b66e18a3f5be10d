# What builds kernels and profiles here. javac is only looked for: starting it takes as long as all the others.
set -eu
ask gcc --version
ask ld --version
ask make --version
ask pahole --version
ask flex --version
ask bison --version
ask perf --version
ask operf --version
javac=$(command -v javac) || javac=''
if [ -n "$javac" ]; then ask readlink -f "$javac"; else ask javac -version; fi
