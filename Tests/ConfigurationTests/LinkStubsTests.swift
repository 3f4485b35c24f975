import Foundation
import TestSupport
import Testing

/// Checks that the stubs of Shared/Base/System/CLinkStubs are those that the archives of libcurl and libpq need and, in
/// a build for PostgreSQL, that there are no others.
@Suite struct LinkStubsTests {
    private let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Prints lines of symbols: those that the stubs define; those that libcurl.a needs and no library that it is
    /// linked with defines; and, if libpq was built, a third line with the same for libpq.a.
    private static let script = #"""
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        defined() { nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBRVWCi]/ { print $3 }' | sort -u; }
        undefined() { nm --undefined-only "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u; }
        archive() { gcc -print-file-name="$1"; }
        for source in "$1"/Shared/Base/System/CLinkStubs/*.c; do
            gcc -c -I "$1/Shared/Base/System/CLinkStubs/include" "$source" -o "$work/$(basename "$source").stub"
        done
        defined "$work"/*.stub | grep -v '^clinkstubs_called$' | tr '\n' ' '
        echo
        defined "$(archive libssl.a)" "$(archive libcrypto.a)" "$(archive libz.a)" "$(archive libc.a)" "$(archive libgcc.a)" |
            sort -u - <(echo _GLOBAL_OFFSET_TABLE_) >"$work/there"
        missing() { undefined "$1" | comm -23 - <(defined "$1") | comm -23 - "$work/there" | tr '\n' ' '; echo; }
        missing "$(archive libcurl.a)"
        libpq=$1/.build-postgresql/libpq
        if [[ -e $libpq/version ]]; then
            ld -r -o "$work/libpq.o" --whole-archive "$(archive libpq.a)" --no-whole-archive "$libpq"/*.a
            missing "$work/libpq.o"
        fi
        """#

    @Test("The stubs are exactly the symbols that libcurl.a and libpq.a need and no other library defines")
    func stubsAreWhatIsMissing() throws {
        let lines = try Shell.run(Self.script, [top]).split(separator: "\n", omittingEmptySubsequences: false)
            .map { Set($0.split(separator: " ").map(String.init)) }
        let (stubs, curl, libpq) = (lines[0], lines[1], lines.count > 3 ? lines[2] : [])
        #expect(curl.count > 100)
        #expect(curl.union(libpq).subtracting(stubs) == [], "These have no stub.")
        #if PostgreSQL
            #expect(libpq.count > 10)
            #expect(stubs.subtracting(curl).subtracting(libpq) == [], "Nothing needs these stubs.")
        #endif
    }
}
