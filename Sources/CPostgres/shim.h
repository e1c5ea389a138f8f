// Finds libpq's header where systems put it, so that the manifest needs no pkg-config: SwiftPM would ask for that even
// if the trait is off, and warn everyone who has no libpq.
#ifndef SMOOVEN_CPOSTGRES_SHIM_H
#define SMOOVEN_CPOSTGRES_SHIM_H

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#elif __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#elif __has_include(</opt/homebrew/opt/libpq/include/libpq-fe.h>)
#include </opt/homebrew/opt/libpq/include/libpq-fe.h>
#else
#error "libpq-fe.h is missing: install libpq-dev (Debian), libpq-devel (Fedora) or libpq (Homebrew)."
#endif

#endif
