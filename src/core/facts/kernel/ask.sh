# The running kernel, its command line and the configuration it was built with.
set -eu
ask uname -r
release=$ANSWER
release=${release%?}
ask uname -a
look /proc/cmdline
for config in "/boot/config-$release" /proc/config.gz "/lib/modules/$release/config" "/lib/modules/$release/build/.config"; do
  if [ -f "$config" ] && [ -r "$config" ]; then
    case $config in
      *.gz) ask gzip -dc "$config" ;;
      *) look "$config" ;;
    esac
    if [ "$STATUS" -eq 0 ]; then
      case $ANSWER in *CONFIG_*) exit 0 ;; esac
    fi
  fi
done
# None of them: the attempt says why.
look "/boot/config-$release"
