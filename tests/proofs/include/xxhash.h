/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In place of xxHash's header, for proofs of code that hashes bytes whose number Eva
 * knows as a range: the contract of the function that lib/ calls. The proof `hash` has
 * the function itself.
 */
#ifndef XXHASH_H
#define XXHASH_H

#include <stddef.h>
#include <stdint.h>

/*@ requires \valid_read((const uint8_t *)bytes + (0 .. len - 1));
    requires \initialized((const uint8_t *)bytes + (0 .. len - 1));
    requires \valid_read((const uint8_t *)secret + (0 .. secret_len - 1));
    assigns \result \from ((const uint8_t *)bytes)[0 .. len - 1],
      ((const uint8_t *)secret)[0 .. secret_len - 1]; */
uint64_t XXH3_64bits_withSecret(const void *bytes, size_t len, const void *secret,
				size_t secret_len);

#endif
