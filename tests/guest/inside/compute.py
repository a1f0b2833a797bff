"""compute.py PART: computations of the interpreter's own arithmetic and of the C library's."""
import cmath
import decimal
import json
import math
import random
import re
import struct
import sys

generator = random.Random(20)


def data():
    block = generator.randbytes(60_000)
    sys.stdout.buffer.write(block)


def integers():
    a = 3 ** 4000 + 12345
    b = 7 ** 1500 + 99
    print(a * b, a // b, a % b, pow(a, b >> 3000, b), math.isqrt(a), math.gcd(a, b * 6), a ^ b, a >> 77, -a // b)
    print(math.factorial(900), sum(i * i % 97 for i in range(4000)), [pow(3, n, 1 << 64) for n in range(200)])
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3  # Gibbons' spigot for the digits of pi
    digits = []
    while len(digits) < 300:
        if 4 * q + r - t < n * t:
            digits.append(str(n))
            q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
        else:
            q, r, t, k, n, l = q * k, (2 * q + r) * l, t * l, k + 1, (q * (7 * k + 2) + r * l) // (t * l), l + 2
    print("".join(digits))


def floats():
    one = (math.sin, math.cos, math.tan, math.atan, math.exp, math.expm1, math.sinh, math.tanh, math.asinh, math.erf, math.cbrt, math.exp2)
    positive = (math.log, math.log2, math.log10, math.log1p, math.sqrt, math.gamma, math.lgamma)
    out = bytearray()
    for k in range(400):
        x = generator.uniform(-20, 20) * 10.0 ** generator.randint(-3, 2 if k % 2 else 0)
        x = max(-600.0, min(600.0, x))
        for function in one:
            out += struct.pack("<d", function(x))
        for function in positive:
            out += struct.pack("<d", function(abs(x) % 150 + 1e-9))
        y = generator.uniform(0.1, 9)
        out += struct.pack("<5d", math.fmod(x, y), math.hypot(x, y), math.atan2(x, y), math.pow(y, x / 10), math.remainder(x, y))
        z = cmath.exp(complex(x / 50, y)) * cmath.sqrt(complex(y, x))
        out += struct.pack("<2df", z.real, z.imag, x / y)
        out += struct.pack("<e", max(-6e4, min(6e4, x)))
        print(repr(x), x.hex(), int(x * 1e6), round(x, 3), f"{x:.17e}", float(f"{y:.12g}"))
    print(out.hex())


def decimals():
    decimal.getcontext().prec = 200
    x = decimal.Decimal(2)
    print(x.sqrt(), x.exp(), x.ln(), decimal.Decimal(1) / 7, [x ** n for n in range(-20, 20, 7)])
    decimal.getcontext().prec = 30
    for _ in range(500):
        a, b = (decimal.Decimal(generator.randint(-10 ** 18, 10 ** 18)).scaleb(-9) for _ in range(2))
        print(a + b, a * b, a / (b or 1), a.quantize(decimal.Decimal("0.01")), a.compare(b))


def text():
    words = [f"{generator.choice('abcdefgh')}{generator.randint(0, 9999):x}" for _ in range(4000)]
    joined = " ".join(words)
    print(sorted(set(words)), len(re.findall(r"\b[a-d][0-9a-f]{3}\b", joined)), re.sub(r"([a-h])(\d+)", r"\2\1", joined))
    print(json.dumps({w: [len(w), w.upper(), w.encode().hex()] for w in words[:800]}, sort_keys=True))
    print(joined.translate(str.maketrans("abc", "xyz")).title().find("Zz"), joined.count("a1"), joined.rfind("h0"))


def random_():
    for seed in range(40):
        g = random.Random(seed)
        print([g.random() for _ in range(20)], g.gauss(0, 1), g.sample(range(1000), 12), g.getrandbits(300), g.betavariate(2, 3), g.vonmisesvariate(1, 2))


{"data": data, "integers": integers, "floats": floats, "decimals": decimals, "text": text, "random": random_}[sys.argv[1]]()
