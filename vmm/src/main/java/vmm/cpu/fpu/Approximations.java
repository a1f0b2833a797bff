package vmm.cpu.fpu;

/**
 * What RCPPS and RSQRTPS give. The manual leaves that to the processor: the relative error is at
 * most 1.5 * 2^-12 (SDM volume 2, RCPPS and RSQRTPS). These are the results of AMD's family 19h,
 * which look at twelve bits of the fraction and come from bipartite tables; they were learnt from
 * such a processor, and ApproximationConformanceTest compares all of them wherever it runs on one.
 */
public final class Approximations {
    private static final int FRACTION_BITS = 23, FRACTION = (1 << FRACTION_BITS) - 1;
    private static final int INFINITE = 255, BIAS = 127;
    private static final int SIGN = 1 << 31, QUIET = 1 << 22;
    private static final int INFINITY = INFINITE << FRACTION_BITS;
    private static final int DEFAULT_NAN = SIGN | INFINITY | QUIET;

    private static final ApproximationTable RECIPROCAL =
            new ApproximationTable(
                    "ffefdefbff9ff81f62f43f25f07ee9ecbeaee91e74e57e3ae1ce00de4dc9dadd92d77d5c"
                            + "d41d26d0ccf2cd8cbeca4c8bc70c57c3ec25c0dbf4bdcbc4bacb94b7db65b4eb37b20b09"
                            + "af1adbac4aaea98a82a6ca56a41a2ba16a019ec9d79c29ae99898497095c94893492090d"
                            + "8f98e68d28bf8ac89988687486184f83c82a8188067f47e27d07bf7ad79c78a779768757"
                            + "7457347247137026f26e26d16c16b16a16916816726626526426336236146055f65e75d8"
                            + "5c95ba5ac59d58f58057256355554753852a51d50f5014f34e64d84ca4bd4b04a2495488"
                            + "47a46d46045344743a42d4204144073fb3ee3e23d63c93bd3b13a539938d38137536935e"
                            + "35234633b32f32431830d3022f62eb2e02d52ca2bf2b42a929e29328827e27326925e253"
                            + "24823e23422921f21520b2011f61ec1e21d81cf1c51bb1b11a719e19418a18117716e164"
                            + "15b15114813f13612c12311a1101070fe0f50ec0e30db0d20c90c00b70af0a609d09508c"
                            + "08407b07306a06205a051049041039030028020018010008",
                    "0002030507090b0d0f11121416181a1c0001030506080a0b0d0f10121415171900010304"
                            + "0507080a0b0d0e101113141600010204050608090a0c0d0e101112140001020304060708"
                            + "090b0c0d0e0f11120001020405060708090a0b0c0e0f1011000102030405060708090a0b"
                            + "0c0d0e0f00010203040505060708090a0b0c0d0e0001020203040506070808090a0b0c0d"
                            + "000101020304050506070809090a0b0c000102020304040506070708090a0a0b00010102"
                            + "03030405050607070809090a000001020203030405050607070808090000010202030304"
                            + "050506060708080900000101020203030405050606070708000001010202030404050506"
                            + "06070708");

    private static final ApproximationTable ROOT_OF_1_TO_2 =
            new ApproximationTable(
                    "ffffeffdffd0fc0fb0fa1f92f82f73f64f55f46f37f28f1af0befceeeedfed1ec3eb5ea7"
                            + "e99e8be7de6fe61e54e46e39e2be1ee10e03df6de9ddcdcfdc2db5da9d9cd8fd83d76d6a"
                            + "d5dd51d44d38d2cd20d14d08cfccf0ce5cd9ccdcc2cb6cabc9ec93c88c7cc71c66c5bc50"
                            + "c45c3ac2fc24c19c0ec04bf9beebe4bd9bcfbc4bbabafba5b9bb91b86b7cb72b68b5eb54"
                            + "b4ab40b36b2cb22b19b0fb05afcaf2ae9adfad6accac3abaab0aa7a9ea94a8ba82a79a70"
                            + "a67a5ea55a4ca43a3ba32a29a21a18a0fa079fe9f69ed9e59dc9d49cb9c39bb9b29aa9a2"
                            + "99999198998197997196996195995194994193993292a92291a91290b9038fb8f48ec8e5"
                            + "8dd8d68ce8c78bf8b88b18a98a289b89488d88587e87787086986285b85484d84683f838"
                            + "83082982281c81580e8078007fa7f37ec7e67df7d87d27cb7c57be7b87b17ab7a479e797"
                            + "79178b78477e77877176b76575e75875274c74674073a73372d72772171b71570f709703"
                            + "6fd6f76f16eb6e56e06da6d46ce6c86c36bd6b76b16ac6a6",
                    "00010203040506070708090a0b0c0d0e00010203030405060708090a0a0b0c0d00010202"
                            + "03040506060708090a0b0b0c000102020304040506070708090a0a0b0000010202030405"
                            + "050607070809090a0001010203030405050606070808090a000001020203030404050606"
                            + "070808090000010102020304040505060607080800010102020303040405050606070708"
                            + "000001010202030304040505060607070000010102020303030404050506060700010102"
                            + "020203030404050506060607000001010102020303030404050506060000010102020203"
                            + "030404040505050600000101010202030303040405050506000000010101020203030304"
                            + "04040505");

    private static final ApproximationTable ROOT_OF_2_TO_4 =
            new ApproximationTable(
                    "6a069568a67e67366965e65364863d63362861d6136085fe5f35e95df5d45ca5c05b65ac"
                            + "5a259958f58557b57256855f55554b54253952f52651d51450b5024f94f04e74de4d54cc"
                            + "4c34bb4b24a94a149849048747f47746e46645e45544d44543d43542d42541d41540d405"
                            + "3fd3f53ee3e63de3d73cf3c83c03b93b13aa3a239b39438c38537e37736f36836135a353"
                            + "34c34533e33733032932231b31530e3073002fa2f32ec2e62df2d92d22cc2c52bf2b82b2"
                            + "2ac2a529f29929228c28628027927326d26726125b25524f24924323d23723122b225220"
                            + "21a21420e2092031fd1f71f21ec1e71e11db1d61d01cb1c51c01bb1b51b01aa1a51a019a"
                            + "19519018a18518017b17617016b16616115c15715214d14814313e13913412f12a125120"
                            + "11a11611110c1071020fd0f90f40ef0ea0e60e10dc0d80d30ce0ca0c50c10bc0b70b30ae"
                            + "0aa0a50a109c09809308f08b08608207d07907507006c06806305f05b05705204e04a046"
                            + "04103d03903503102d02902402001c01801401000c008004",
                    "0001010203030405050607070809090a0000010202030304050506070708090900000102"
                            + "020303040405060607070808000001020203030404050506060707080000010102020303"
                            + "040405050606070700010101020203030404050506060607000001010202020303040405"
                            + "050506060000010102020203030404040505060600000001010202020303030404050505"
                            + "000001010102020203030304040405050000010101020202030303040404050500010101"
                            + "020202030303040404040505000000010101020202020303030404040000000101010202"
                            + "020203030304040400000101010102020202030303030404000001010101020202020303"
                            + "03030404");

    private Approximations() {}

    /** Nearly 1/x. Denormals are zeros, as numbers and as results; there are no exceptions. */
    public static int reciprocal(int x) {
        int exponent = x >>> FRACTION_BITS & INFINITE;
        int fraction = x & FRACTION;
        int sign = x & SIGN;
        if (exponent == INFINITE) {
            return fraction != 0 ? x | QUIET : sign;
        }
        if (exponent == 0) {
            return sign | INFINITY;
        }
        int result = 2 * BIAS - 1 - exponent;
        return result <= 0 ? sign : sign | result << FRACTION_BITS | RECIPROCAL.fraction(fraction);
    }

    /** Nearly 1 divided by the root of x. */
    public static int reciprocalRoot(int x) {
        int exponent = x >>> FRACTION_BITS & INFINITE;
        int fraction = x & FRACTION;
        if (exponent == INFINITE && fraction != 0) {
            return x | QUIET;
        }
        if (exponent == 0) {
            return x & SIGN | INFINITY;
        }
        if (x < 0) {
            return DEFAULT_NAN;
        }
        if (exponent == INFINITE) {
            return 0;
        }
        boolean odd = (exponent & 1) != 0;
        int half = exponent - (odd ? BIAS : BIAS + 1) >> 1;
        ApproximationTable table = odd ? ROOT_OF_1_TO_2 : ROOT_OF_2_TO_4;
        return BIAS - 1 - half << FRACTION_BITS | table.fraction(fraction);
    }
}
