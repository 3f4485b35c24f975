#pragma once

/// A library that is linked into this executable.
struct ccomponent {
    /// The name, such as `OpenSSL`.
    const char *name;
    /// The release, such as `3.0.19`. NULL if the library's headers do not state it.
    const char *version;
};

/// Returns the library at an index, or one without a name if the index is beyond the last. Only libraries that the
/// executable contains are listed.
struct ccomponent ccomponents_get(int index);

/// Returns the versions of the distribution's packages that the libraries come from, as `NAME=VERSION`, separated by
/// spaces. Empty if the versions were not given to the build.
const char *ccomponents_packages(void);
