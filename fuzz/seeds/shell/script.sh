#!/usr/bin/env -S bash -euo pipefail
X=1 Y="a b" sudo -u web env Z=é apt-get install -y curl="$VERSION" || exit 1
if ! curl -fsSL "https://x/${TAG%-*}" | tee >(wc -l) > /dev/null 2>&1; then
  for f in *.txt; do rm -rf -- "$f"; done
fi
case "$1" in a|b) echo 'it'\''s' ;; *) : ;; esac
f() { local a=$(( 1 + 2 )); cat <<-EOF | sh
	echo $a `date`
	EOF
}
find . -name '*.pyc' -exec rm {} + && xargs -0 nice sh -c 'a; b' &
