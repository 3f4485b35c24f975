#pragma once

/// A library that is linked into this executable.
struct ccomponent {
    /// The name, such as `OpenSSL`.
    const char *name;
    /// The release, such as `3.0.19`. NULL for Swift and libstdc++, whose releases are not known.
    const char *version;
};

/// Returns the library at an index of the list of known libraries that the executable contains, or one without a name
/// if the index is beyond the last.
struct ccomponent ccomponents_get(int index);

/// Returns the names of libraries, each with the version of the distribution's package that it comes from, as
/// `NAME=VERSION`, separated by spaces. Empty if the versions were not given to the build.
const char *ccomponents_packages(void);
