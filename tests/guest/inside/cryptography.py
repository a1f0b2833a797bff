"""Every cipher, digest and kind of public-key arithmetic of libcrypto over pseudo-random data, in one process, through its C interface."""
import ctypes
import ctypes.util
import hashlib
import random

lib = ctypes.CDLL("libcrypto.so.3")
generator = random.Random(7)
DATA = generator.randbytes(8209)
KEY, IV = generator.randbytes(64), generator.randbytes(16)
SIZES = (0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 255, 256, 511, 512, 513, 1023, 1024, 1025, 2049, 4096, 8209)
NAMED = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)
PROVIDED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
POINTER, INT, SIZE, BYTES = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p


def function(name, result, *arguments):
    f = getattr(lib, name)
    f.restype, f.argtypes = result, arguments
    return f


md_name = function("EVP_MD_get0_name", BYTES, POINTER)
cipher_name = function("EVP_CIPHER_get0_name", BYTES, POINTER)
md_fetch = function("EVP_MD_fetch", POINTER, POINTER, BYTES, BYTES)
cipher_fetch = function("EVP_CIPHER_fetch", POINTER, POINTER, BYTES, BYTES)
cipher_flags = function("EVP_CIPHER_get_flags", ctypes.c_ulong, POINTER)
cipher_mode = function("EVP_CIPHER_get_mode", INT, POINTER)
cipher_new = function("EVP_CIPHER_CTX_new", POINTER)
cipher_free = function("EVP_CIPHER_CTX_free", None, POINTER)
cipher_control = function("EVP_CIPHER_CTX_ctrl", INT, POINTER, INT, INT, POINTER)
cipher_init = function("EVP_CipherInit_ex", INT, POINTER, POINTER, POINTER, BYTES, BYTES, INT)
cipher_update = function("EVP_CipherUpdate", INT, POINTER, POINTER, ctypes.POINTER(INT), BYTES, INT)
cipher_final = function("EVP_CipherFinal_ex", INT, POINTER, POINTER, ctypes.POINTER(INT))
digest_all = function("EVP_Digest", INT, BYTES, SIZE, POINTER, ctypes.POINTER(ctypes.c_uint), POINTER, POINTER)
errors_clear = function("ERR_clear_error", None)
GCM, CCM, OCB, XTS, WRAP, SIV = 6, 7, 0x10003, 0x10001, 0x10002, 0x10004


def all_names(walk, name_of):
    names = set()
    collect = PROVIDED(lambda algorithm, _: names.add(name_of(algorithm).decode()))
    function(walk, None, POINTER, PROVIDED, POINTER)(None, collect, None)
    return sorted(names)


def digests():
    for name in all_names("EVP_MD_do_all_provided", md_name):
        md = md_fetch(None, name.encode(), None)
        total = hashlib.sha3_256()
        for size in SIZES:
            out, length = ctypes.create_string_buffer(128), ctypes.c_uint(0)
            done = digest_all(DATA[:size], size, out, ctypes.byref(length), md, None)
            total.update(out.raw[: length.value] + bytes([done]))
        print(name, total.hexdigest())


def run_cipher(cipher, mode, text, sealed_tag=None):
    """Returns what comes out, how each step ended, and the tag."""
    encrypt = sealed_tag is None
    context = cipher_new()
    out, length, tag = ctypes.create_string_buffer(len(text) + 64), INT(0), ctypes.create_string_buffer(16)
    steps = [cipher_init(context, cipher, None, None, None, encrypt)]
    if mode in (CCM, OCB):
        steps.append(cipher_control(context, 0x11, 16, None if encrypt else sealed_tag))
    steps.append(cipher_init(context, None, None, KEY, IV, encrypt))
    if mode == CCM:
        steps.append(cipher_update(context, None, ctypes.byref(length), None, len(text)))
    elif mode == GCM:
        steps.append(cipher_update(context, None, ctypes.byref(length), KEY[:21], 21))
    if mode == GCM and not encrypt:
        steps.append(cipher_control(context, 0x11, 16, sealed_tag))
    steps.append(cipher_update(context, out, ctypes.byref(length), text, len(text)))
    n = length.value if steps[-1] > 0 else 0
    if mode != CCM or encrypt:
        steps.append(cipher_final(context, ctypes.addressof(out) + n, ctypes.byref(length)))
        n += length.value if steps[-1] > 0 else 0
    if encrypt and mode in (GCM, CCM, OCB):
        cipher_control(context, 0x10, 16, tag)
    cipher_free(context)
    errors_clear()
    return out.raw[:n], steps, tag.raw


def ciphers():
    for name in all_names("EVP_CIPHER_do_all_provided", cipher_name):
        cipher = cipher_fetch(None, name.encode(), None)
        mode, total, undone = cipher_mode(cipher), hashlib.sha3_256(), 0
        if mode == SIV or name == "DES3-WRAP":  # the one is given its text once, the other makes up its vector
            continue
        if "ChaCha20-Poly1305".lower() == name.lower():
            mode = GCM
        for size in SIZES:
            text = DATA[:size]
            sealed, steps, tag = run_cipher(cipher, mode, text)
            total.update(sealed + bytes(s & 255 for s in steps) + tag)
            plain, _, _ = run_cipher(cipher, mode, sealed, tag)
            undone += plain == text
            total.update(plain)
        print(name, mode, undone, total.hexdigest())


def numbers():
    new, bin2bn, bn2bin = function("BN_new", POINTER), function("BN_bin2bn", POINTER, BYTES, INT, POINTER), function("BN_bn2bin", INT, POINTER, POINTER)
    context = function("BN_CTX_new", POINTER)()
    five = (POINTER,) * 5
    power = function("BN_mod_exp_mont", INT, *five, POINTER)
    secret = function("BN_mod_exp_mont_consttime", INT, *five, POINTER)
    flat = function("BN_mod_mul", INT, *five)
    for bits in (192, 256, 512, 1000, 1024, 2048):
        a, p, m = (generator.getrandbits(bits) | 1 << (bits - 1) | 1 for _ in range(3))
        a %= m
        size = (bits + 7) // 8
        A, P, M = (bin2bn(x.to_bytes(size, "big"), size, None) for x in (a, p >> max(0, bits - 256), m))
        for f, expected in ((power, pow(a, p >> max(0, bits - 256), m)), (secret, pow(a, p >> max(0, bits - 256), m))):
            r = new()
            assert f(r, A, P, M, context, None) == 1
            out = ctypes.create_string_buffer(size + 8)
            value = int.from_bytes(out.raw[: bn2bin(r, out)], "big")
            print(bits, hex(value), value == expected)
        r, out = new(), ctypes.create_string_buffer(size + 8)
        flat(r, A, P, M, context)
        print(bits, out.raw[: bn2bin(r, out)].hex())


def curves():
    context = function("BN_CTX_new", POINTER)()
    group_new = function("EC_GROUP_new_by_curve_name", POINTER, INT)
    point_new = function("EC_POINT_new", POINTER, POINTER)
    multiply = function("EC_POINT_mul", INT, *(POINTER,) * 6)
    to_hex = function("EC_POINT_point2hex", BYTES, POINTER, POINTER, INT, POINTER)
    nid_of = function("OBJ_txt2nid", INT, BYTES)
    bin2bn = function("BN_bin2bn", POINTER, BYTES, INT, POINTER)
    for name in (b"prime256v1", b"secp224r1", b"secp384r1", b"secp521r1", b"secp256k1", b"sect283k1", b"brainpoolP256r1"):
        group = group_new(nid_of(name))
        point, other = point_new(group), point_new(group)
        for _ in range(3):
            k, n = (bin2bn(generator.randbytes(28), 28, None) for _ in range(2))
            assert multiply(group, point, k, None, None, context) == 1
            assert multiply(group, other, k, point, n, context) == 1
            print(name.decode(), to_hex(group, point, 2, context).decode(), to_hex(group, other, 4, context).decode())


def raw_keys():
    raw_private = function("EVP_PKEY_new_raw_private_key", POINTER, INT, POINTER, BYTES, SIZE)
    public_of = function("EVP_PKEY_get_raw_public_key", INT, POINTER, POINTER, ctypes.POINTER(SIZE))
    context_new = function("EVP_MD_CTX_new", POINTER)
    sign_init = function("EVP_DigestSignInit", INT, *(POINTER,) * 5)
    sign = function("EVP_DigestSign", INT, POINTER, POINTER, ctypes.POINTER(SIZE), BYTES, SIZE)
    for nid, size, signs in ((1034, 32, False), (1035, 56, False), (1087, 32, True), (1088, 57, True)):  # X25519 X448 ED25519 ED448
        for _ in range(3):
            key = raw_private(nid, None, generator.randbytes(size), size)
            out, length = ctypes.create_string_buffer(128), SIZE(128)
            public_of(key, out, ctypes.byref(length))
            print(nid, out.raw[: length.value].hex())
            if signs:
                context, length = context_new(), SIZE(128)
                assert sign_init(context, None, None, None, key) == 1
                assert sign(context, out, ctypes.byref(length), DATA[:1000], 1000) == 1
                print(nid, out.raw[: length.value].hex())


def derived():
    print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100).hex(), hashlib.pbkdf2_hmac("sha512", b"password", b"salt", 50).hex())
    print(hashlib.scrypt(b"password", salt=b"salt", n=64, r=8, p=1).hex())


digests()
ciphers()
numbers()
curves()
raw_keys()
derived()
