# npm's kin; npm itself comes with scripts/setup.sh, which needs it for more.
with_npm pnpm .bin/pnpm pnpm
with_npm yarn1 .bin/yarn yarn@1
with_npm yarn4 @yarnpkg/cli-dist/bin/yarn.js @yarnpkg/cli-dist
