#pragma once
/* Allows the low-level SHA-256 functions, which OpenSSL 3 deprecates but does not call unsafe. They don't initialise
   libcrypto, which would take more than a millisecond of a cold start. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>
#include <openssl/sha.h>

/// Initialises OpenSSL without the machine's openssl.cnf, which could name shared objects (providers, engines) to load.
/// The first initialisation in a process decides this. Therefore it must come before every use of OpenSSL except the
/// low-level functions, including uses by libcurl and libpq. Further calls do nothing.
static inline void ccrypto_initialize(void) { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); }

/// Fills a buffer with random bytes. Returns 1, or another value if that fails.
static inline int ccrypto_random(unsigned char *bytes, int length) {
    ccrypto_initialize();
    return RAND_bytes(bytes, length);
}

/// Returns the public key of a type made from its parameters, or NULL if OpenSSL rejects them. It is here because
/// EVP_PKEY_PUBLIC_KEY is a macro that Swift does not import.
static inline EVP_PKEY *ccrypto_public_key(const char *type, OSSL_PARAM *parameters) {
    ccrypto_initialize();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}

/// Returns the RSA key with a modulus and an exponent, both big endian, or NULL if OpenSSL rejects them. It is in C
/// because OpenSSL keeps pointers to the parameters' names, and a Swift string's bytes are valid only during a call.
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

/// Returns the key on the curve P-256 at an uncompressed point (SEC 1 §2.3.3), or NULL if OpenSSL rejects it.
static inline EVP_PKEY *ccrypto_p256_key(const unsigned char *point, size_t length) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, length),
        OSSL_PARAM_construct_end(),
    };
    return ccrypto_public_key("EC", parameters);
}

/// Verifies a signature over a message with SHA-256 (EVP_DigestVerify). Returns 1 if it is valid, otherwise 0.
static inline int ccrypto_verify_sha256(EVP_PKEY *key, const unsigned char *signature, size_t signature_length,
                                        const unsigned char *message, size_t message_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int result = context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(context, signature, signature_length, message, message_length) == 1;
    EVP_MD_CTX_free(context);
    return result;
}

/// Returns the private RSA key of 2,048 to 8,192 bits in a PEM text, or NULL. It does not ask for a passphrase; an
/// encrypted key is read only if its passphrase is empty.
static inline EVP_PKEY *ccrypto_rsa_private_key(const char *pem, size_t length) {
    ccrypto_initialize();
    BIO *text = BIO_new_mem_buf(pem, (int)length);
    EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, NULL, (void *)"") : NULL;
    BIO_free(text);
    if (key && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < 2048 || EVP_PKEY_get_bits(key) > 8192)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/// Signs a message with SHA-256 (EVP_DigestSign). Returns the signature's length, or 0 if that fails.
static inline size_t ccrypto_sign_sha256(EVP_PKEY *key, const unsigned char *message, size_t message_length,
                                         unsigned char *signature, size_t capacity) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = capacity;
    int result = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestSign(context, signature, &length, message, message_length) == 1;
    EVP_MD_CTX_free(context);
    return result ? length : 0;
}

/// Encrypts (if `encrypts` is 1) or decrypts (0) with AES-256-GCM (NIST SP 800-38D), with an IV of 12 bytes and a tag
/// of 16 bytes. Encryption writes the tag, decryption checks it. Returns 1, or 0 if it fails or the tag is wrong.
static inline int ccrypto_aes_gcm(int encrypts, const unsigned char *key, const unsigned char *iv,
                                  const unsigned char *data, int data_length, const unsigned char *in, int length,
                                  unsigned char *out, unsigned char *tag) {
    ccrypto_initialize();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int count;
    int result = context && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, iv, encrypts) == 1 &&
                 EVP_CipherUpdate(context, NULL, &count, data, data_length) == 1 &&
                 EVP_CipherUpdate(context, out, &count, in, length) == 1 &&
                 (encrypts || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1) &&
                 EVP_CipherFinal_ex(context, out + count, &count) == 1 &&
                 (!encrypts || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    return result;
}

/// Returns the Ed25519 key of a private seed of 32 bytes (RFC 8032 §5.1.5), or NULL.
static inline EVP_PKEY *ccrypto_ed25519_private_key(const unsigned char *seed) {
    ccrypto_initialize();
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
}

/// Returns the Ed25519 key of 32 public bytes, or NULL.
static inline EVP_PKEY *ccrypto_ed25519_public_key(const unsigned char *bytes) {
    ccrypto_initialize();
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, 32);
}

/// Writes the 32 public bytes of an Ed25519 key. Returns 1, or 0 if that fails.
static inline int ccrypto_ed25519_public_bytes(EVP_PKEY *key, unsigned char *bytes) {
    size_t length = 32;
    return EVP_PKEY_get_raw_public_key(key, bytes, &length) == 1 && length == 32;
}

/// Writes the 64 bytes of an Ed25519 signature of a message. Returns 1, or 0 if that fails.
static inline int ccrypto_ed25519_sign(EVP_PKEY *key, const unsigned char *message, size_t message_length,
                                       unsigned char *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = 64;
    int result = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                 EVP_DigestSign(context, signature, &length, message, message_length) == 1 && length == 64;
    EVP_MD_CTX_free(context);
    return result;
}

/// Verifies an Ed25519 signature of 64 bytes. Returns 1 if it is valid, otherwise 0.
static inline int ccrypto_ed25519_verify(EVP_PKEY *key, const unsigned char *signature, const unsigned char *message,
                                         size_t message_length) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int result = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                 EVP_DigestVerify(context, signature, 64, message, message_length) == 1;
    EVP_MD_CTX_free(context);
    return result;
}
