# The distribution. CentOS and its relatives have redhat-release, which the recipe reads (3.1).
set -eu
look /etc/os-release /etc/redhat-release
