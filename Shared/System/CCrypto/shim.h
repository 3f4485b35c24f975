#pragma once
/* The low-level SHA-256 calls do not initialise libcrypto, which costs a cold
   function over a millisecond; OpenSSL 3 marks them deprecated, not unsafe. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>
#include <openssl/sha.h>

/// A public key of a type out of its parameters, or NULL. EVP_PKEY_PUBLIC_KEY is a macro that Swift does not import.
static inline EVP_PKEY *ccrypto_public_key(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}

/// The RSA key of a modulus and an exponent, big endian, or NULL. In C because OpenSSL keeps the parameters' names by
/// address, where a Swift string's bytes are gone after the call.
static inline EVP_PKEY *ccrypto_rsa_key(const unsigned char *modulus, size_t modulus_length,
                                        const unsigned char *exponent, size_t exponent_length) {
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
    OSSL_PARAM_BLD *numbers = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (n && e && numbers && OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        parameters = OSSL_PARAM_BLD_to_param(numbers);
    EVP_PKEY *key = ccrypto_public_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(numbers);
    BN_free(e);
    BN_free(n);
    return key;
}

/// The key on P-256 at an uncompressed point (SEC 1 §2.3.3), or NULL.
static inline EVP_PKEY *ccrypto_p256_key(const unsigned char *point, size_t length) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, length),
        OSSL_PARAM_construct_end(),
    };
    return ccrypto_public_key("EC", parameters);
}

/// EVP_DigestVerify with SHA-256: whether the signature holds.
static inline int ccrypto_verify_sha256(EVP_PKEY *key, const unsigned char *signature, size_t signature_length,
                                        const unsigned char *message, size_t message_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int result = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(context, signature, signature_length, message, message_length) == 1;
    EVP_MD_CTX_free(context);
    return result;
}
