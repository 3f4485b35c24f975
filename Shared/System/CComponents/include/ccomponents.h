#pragma once

/// A library whose code is part of this executable.
struct ccomponent {
    /// Its name, such as `OpenSSL`.
    const char *name;
    /// Its release, such as `3.0.19`. NULL if its headers do not say.
    const char *version;
};

/// The library at an index, or one without a name beyond the last. Only libraries that the executable contains are listed.
struct ccomponent ccomponents_get(int index);

/// The versions of the distribution's packages that the libraries were taken from: `NAME=VERSION`, separated by blanks. Empty
/// if the build was not told.
const char *ccomponents_packages(void);
