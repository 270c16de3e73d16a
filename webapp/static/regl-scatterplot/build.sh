#!/bin/sh
# Makes regl-scatterplot.js and LICENSE here from npm: the library with all that it imports, and one change to its
# shader: points whose fourth value is 1 (captions) are drawn as diamonds, not discs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund regl-scatterplot@1.16.0 regl@2.1.1 pub-sub-es@3.0.0 esbuild@0.28.2
source=node_modules/regl-scatterplot/dist/regl-scatterplot.esm.js
sed -i -e 's/^varying float finalPointSize;/&\nvarying float mark;/' \
    -e 's/^  gl_PointSize = finalPointSize;/&\n  mark = state.w;/' \
    -e 's/float sdf = length(c) \* finalPointSize;/float reach = mark < 0.5 ? length(c) : abs(c.x) + abs(c.y);\n  float sdf = reach * finalPointSize;/' \
    "$source"
test "$(grep -c 'varying float mark;' "$source")" -ge 2
test "$(grep -c 'mark = state.w;' "$source")" -eq 1
test "$(grep -c 'float sdf = reach' "$source")" -eq 1
npx esbuild "$source" --bundle --minify --format=esm --outfile="$here/regl-scatterplot.js" --log-level=warning
for package in node_modules/*/package.json node_modules/@flekschas/*/package.json; do
    folder=$(dirname "$package")
    case $folder in *esbuild*) continue ;; esac
    echo "== ${folder#node_modules/} $(node -p "require('./$package').version + ', ' + require('./$package').license")"
    cat "$folder"/LICENSE* "$folder"/license* 2>/dev/null || true
    echo
done >"$here/LICENSE"
rm -r "$work"
