#!/usr/bin/env bash
# Install what is missing: programs (apt), the virtual environment, fonts. Quick when nothing is missing.
#   tools/setup.sh         for paperwork itself
#   tools/setup.sh test    also the tools for the tests
#   tools/setup.sh cluster also Dask, for a build on several machines
#   tools/setup.sh bench   also the programs that the benchmarks compare
# Exit code 4: something is missing and cannot be installed from here; the install command is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-run}
declare -A locks=([test]=requirements-dev.lock [cluster]=requirements-cluster.lock [bench]=requirements-cluster.lock)
lock=${locks[$kind]:-requirements.lock}
stamp=.venv/.ready-$kind
verapdf=.venv/share/paperwork/verapdf
rivals=benchmarks/rivals
axe=tools/axe
packages="libreoffice-writer-nogui libreoffice-calc-nogui fontconfig fonts-noto-cjk fonts-liberation"
# The tests build an archive on another day (faketime), open the page in a browser (chromium), and print to their own
# CUPS printer.
if [ "$kind" = test ]; then packages="$packages faketime chromium cups-daemon cups-client"; fi
# Carbone controls LibreOffice through Python's UNO module.
if [ "$kind" = bench ]; then packages="$packages python3-uno libreoffice-script-provider-python"; fi

say() { printf '【准备】%s\n' "$*" >&2; }

stop() {
    printf '没有完成　%s\n　　　　　%s\n' "$1" "$2" >&2
    exit 4
}

# Print a digest of everything that the set-up depends on; a change makes the set-up run again.
wanted() { cat "$lock" requirements-build.lock tools/setup.sh pyproject.toml setup.py | sha256sum; }

verapdf_present() {
    [ -f "$verapdf/.complete" ] && cmp -s tools/verapdf/pom.xml "$verapdf/.complete" && command -v java >/dev/null
}

# Succeed if a folder has the npm packages of its lock file.
npm_present() { cmp -s "$1/package-lock.json" "$1/node_modules/.complete"; }

rivals_present() {
    npm_present "$rivals" && command -v node >/dev/null && /usr/bin/python3 -c 'import uno' 2>/dev/null
}

test_present() {
    verapdf_present && npm_present "$axe" && command -v faketime >/dev/null && command -v chromium >/dev/null &&
        command -v lp >/dev/null && [ -x /usr/sbin/cupsd ]
}

present() {
    if [ "$kind" = bench ] && ! rivals_present; then return 1; fi
    if [ "$kind" = test ] && ! test_present; then return 1; fi
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ] && command -v soffice >/dev/null && command -v fc-match >/dev/null
}

# Run a command as root, directly or with sudo; return 77 if neither is possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"
    else return 77
    fi
}

install_packages() {
    local missing=()
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return
    local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || stop "这台机器没有 apt，不能自动安装" "请自行安装：${missing[*]}"
    as_root true || stop "还缺程序，当前用户无权安装" "请用管理员身份运行：$line"
    say "安装程序：${missing[*]}（第一次需要几分钟）"
    as_root apt-get update -qq >/dev/null || say "软件源没有更新成功，继续用原有的列表"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        stop "程序没有装上" "请检查网络后再试，或用管理员身份运行：$line"
}

python_found() {
    for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

make_venv() {
    local python
    python=$(python_found)
    if [ -z "$python" ] || ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        install_packages python3 python3-venv
        python=/usr/bin/python3
    fi
    [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null || { say "建立 Python 环境"; "$python" -m venv --clear .venv; }
    say "安装 Python 程序库（$lock）"
    # setuptools makes the editable install. It is installed first, so that the editable install needs no network. It has
    # its own lock file, because the program itself does not use it.
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock" -r requirements-build.lock ||
        stop "Python 程序库没有装上" "请检查网络后再试一次"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
}

# Extract fonts from a Debian package, without installing the package: this needs no root, and only these fonts count.
#   unpack_fonts MARK PACKAGE FILES WHAT CONSEQUENCE
unpack_fonts() {
    local target=.venv/share/paperwork/fonts mark=$1 package=$2 files=$3 work
    [ -f "$target/$mark" ] && return
    work=$(mktemp -d)
    say "取$4"
    if (cd "$work" && { apt-get download -qq "$package" || { as_root apt-get update -qq && apt-get download -qq "$package"; }; } >/dev/null 2>&1) &&
        dpkg-deb --fsys-tarfile "$work/$package"_*.deb | tar -x -C "$work" --wildcards "$files"; then
        mkdir -p "$target"
        find "$work" -name '*.[ot]tf' -exec mv {} "$target" \;
        touch "$target/$mark"
    else
        say "$4没有取到：$5；联网后再运行 make setup"
    fi
    rm -rf "$work"
}

# The faces for what the official fonts lack are the packages of commands.RARE.
unpack_all_fonts() {
    unpack_fonts .complete texlive-lang-chinese '*/fandol/Fandol[FSHK]*.otf' "公文字体（Fandol 仿宋、楷体、黑体、宋体）" \
        "将以 Noto 宋体、黑体代替仿宋和楷体，版面可用，字体不合公文要求"
    unpack_fonts .noto fonts-noto-core '*/Noto*-Regular.ttf' "各民族文字的字体（Noto）" "藏文、蒙古文、傣文等印不出来"
    unpack_fonts .symbola fonts-symbola '*/Symbola*.ttf' "符号和表情的字体（Symbola）" "表情符号印不出来"
    unpack_fonts .hanazono fonts-hanazono '*/HanaMinB.ttf' "生僻字的字体（花园明朝）" "有些生僻字印不出来"
    unpack_fonts .babelstone fonts-babelstone-han '*/BabelStoneHan.ttf' "新收生僻字的字体（BabelStone Han）" "有些生僻字印不出来"
    unpack_fonts .unifont fonts-unifont '*/unifont_upper.otf' "新收表情的字体（Unifont）" "有些表情符号印不出来"
}

# Install veraPDF, a second PDF/A checker. The tests need it; for paperwork itself it is optional.
unpack_verapdf() {
    verapdf_present && return
    local missing=()
    command -v java >/dev/null || missing+=(default-jre-headless)
    command -v mvn >/dev/null || missing+=(maven)
    install_packages "${missing[@]}"
    say "取 veraPDF（测试用它再核对一遍 PDF/A）"
    rm -rf "$verapdf"
    if mvn -q -B -f tools/verapdf/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/$verapdf" >/dev/null 2>&1; then
        cp tools/verapdf/pom.xml "$verapdf/.complete"
    else
        say "veraPDF 没有取到：用到它的测试通不过；联网后再运行 make test"
    fi
}

# Install the npm packages of a folder's lock file, without running their install scripts.
npm_install() {
    local folder=$1 what=$2 missing=()
    npm_present "$folder" && return
    command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
    install_packages "${missing[@]}"
    say "取 $what"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
        stop "${what}没有装上" "请检查网络后再试一次"
    cp "$folder/package-lock.json" "$folder/node_modules/.complete"
}

present && exit 0
# shellcheck disable=SC2086
install_packages $packages
make_venv
unpack_all_fonts
if [ "$kind" = test ]; then
    unpack_verapdf
    npm_install "$axe" "axe-core（测试用它看网页人人能不能用）"
fi
if [ "$kind" = bench ]; then npm_install "$rivals" "Carbone 和 docxtemplater（只用来比速度）"; fi
wanted >"$stamp"
say "准备好了"
