#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sh scripts/web.sh build   writes the dashboard's page into the package
# sh scripts/web.sh check   fails where the committed page is not what web/ builds
# Users never need Node: the built page is committed. Vite's output is the same byte for byte.
set -eu
cd "$(dirname "$0")/.."
static=src/backprobe/server/static

new_enough='const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
if ! command -v npm >/dev/null 2>&1 || ! node -e "$new_enough"; then
    case $1 in
        check) echo "web: skipped, no Node 20.19 or newer: the committed page was not compared with web/."; exit 0 ;;
        *) echo "web: needs Node 20.19 or newer, with npm, on the PATH." >&2; exit 1 ;;
    esac
fi

if [ ! -e web/node_modules/.package-lock.json ] ||
   [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
    (cd web && npm ci --no-audit --no-fund)
fi

case $1 in
    build)
        (cd web && npm run build)
        ;;
    check)
        fresh=$(mktemp -d)
        trap 'rm -rf "$fresh"' EXIT
        (cd web && npm test && npm run build -- --outDir "$fresh" --emptyOutDir)
        diff -r "$static" "$fresh" ||
            { echo "web: $static is not what web/ builds. Run: make web" >&2; exit 1; }
        ;;
    *)
        echo "usage: sh scripts/web.sh build|check" >&2
        exit 2
        ;;
esac
