# Sourced by the other scripts: messages, and the search for tools. POSIX sh.
# shellcheck shell=sh

# One line on stderr, and out. die MESSAGE [STATUS]
die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Prints a python3 (3.9 or newer) that can import the modules named, or fails. The first one on PATH may be somebody's
# private build that lacks what the system's has. $PYTHON is asked first.
# shellcheck disable=SC2120 # the modules may be none
find_python() {
    find_python_imports="import sys; assert sys.version_info >= (3, 9)"
    for module in "$@"; do
        find_python_imports="$find_python_imports; import $module"
    done
    for candidate in "${PYTHON:-}" python3 /usr/bin/python3 /usr/local/bin/python3 python; do
        if [ -n "$candidate" ] && have "$candidate" && "$candidate" -c "$find_python_imports" >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# Prints the version number N of the newest clang-N on PATH, or fails.
newest_clang() {
    newest=0
    old_ifs=$IFS
    IFS=:
    for folder in $PATH; do
        for path in "$folder"/clang-[0-9]*; do
            number=${path##*/clang-}
            case $number in
            *[!0-9]*) continue ;;
            esac
            if [ -x "$path" ] && [ "$number" -gt "$newest" ]; then
                newest=$number
            fi
        done
    done
    IFS=$old_ifs
    [ "$newest" -gt 0 ] && printf '%s\n' "$newest"
}

# Prints the command for a clang tool: the newest versioned clang's, else the plain name. clang_tool clang++
clang_tool() {
    if number=$(newest_clang) && have "$1-$number"; then
        printf '%s\n' "$1-$number"
    elif have "$1"; then
        printf '%s\n' "$1"
    else
        return 1
    fi
}
