// The vector instructions of x64::Masm: 128 bits, each in two encodings, the old one (whose first operand is its
// destination) and VEX (which has a destination of its own, and asks memory for no alignment).
#pragma once
#include <cstdint>

namespace wjit::x64 {

// What an instruction's operands are. `b` may be in memory.
enum class VecShape : uint8_t {
  kBinary,     // d = a op b
  kBinaryImm,  // d = a op b, imm
  kMerge,      // d = a op b, of which b is a register
  kUnary,      // d = op b
  kUnaryImm,   // d = op b, imm
  kShift,      // d = a op imm
  kInsert,     // d = a with lane imm from an integer register or memory
  kExtract,    // an integer register or memory = lane imm of a
  kMask,       // an integer register = op a
  kTest,       // flags of a and b
};
// Which processors have it; each has what stands before it.
enum class VecLevel : uint8_t { kSse2, kSsse3, kSse41, kSse42, kAvx, kAvx2 };

// X(name, mnemonic, the library's name, its name with VEX, shape, level). With kAvx and above there is VEX alone.
// clang-format off
#define WJIT_X64_VEC(X)                                                                                        \
  X(kPaddb, "paddb", Paddb, Vpaddb, kBinary, kSse2) X(kPaddw, "paddw", Paddw, Vpaddw, kBinary, kSse2)          \
  X(kPaddd, "paddd", Paddd, Vpaddd, kBinary, kSse2) X(kPaddq, "paddq", Paddq, Vpaddq, kBinary, kSse2)          \
  X(kPsubb, "psubb", Psubb, Vpsubb, kBinary, kSse2) X(kPsubw, "psubw", Psubw, Vpsubw, kBinary, kSse2)          \
  X(kPsubd, "psubd", Psubd, Vpsubd, kBinary, kSse2) X(kPsubq, "psubq", Psubq, Vpsubq, kBinary, kSse2)          \
  X(kPaddsb, "paddsb", Paddsb, Vpaddsb, kBinary, kSse2) X(kPaddsw, "paddsw", Paddsw, Vpaddsw, kBinary, kSse2)  \
  X(kPaddusb, "paddusb", Paddusb, Vpaddusb, kBinary, kSse2)                                                    \
  X(kPaddusw, "paddusw", Paddusw, Vpaddusw, kBinary, kSse2)                                                    \
  X(kPsubsb, "psubsb", Psubsb, Vpsubsb, kBinary, kSse2) X(kPsubsw, "psubsw", Psubsw, Vpsubsw, kBinary, kSse2)  \
  X(kPsubusb, "psubusb", Psubusb, Vpsubusb, kBinary, kSse2)                                                    \
  X(kPsubusw, "psubusw", Psubusw, Vpsubusw, kBinary, kSse2)                                                    \
  X(kPavgb, "pavgb", Pavgb, Vpavgb, kBinary, kSse2) X(kPavgw, "pavgw", Pavgw, Vpavgw, kBinary, kSse2)          \
  X(kPminub, "pminub", Pminub, Vpminub, kBinary, kSse2) X(kPmaxub, "pmaxub", Pmaxub, Vpmaxub, kBinary, kSse2)  \
  X(kPminsw, "pminsw", Pminsw, Vpminsw, kBinary, kSse2) X(kPmaxsw, "pmaxsw", Pmaxsw, Vpmaxsw, kBinary, kSse2)  \
  X(kPmullw, "pmullw", Pmullw, Vpmullw, kBinary, kSse2) X(kPmulhw, "pmulhw", Pmulhw, Vpmulhw, kBinary, kSse2)  \
  X(kPmulhuw, "pmulhuw", Pmulhuw, Vpmulhuw, kBinary, kSse2)                                                    \
  X(kPmuludq, "pmuludq", Pmuludq, Vpmuludq, kBinary, kSse2)                                                    \
  X(kPmaddwd, "pmaddwd", Pmaddwd, Vpmaddwd, kBinary, kSse2)                                                    \
  X(kPand, "pand", Pand, Vpand, kBinary, kSse2) X(kPandn, "pandn", Pandn, Vpandn, kBinary, kSse2)              \
  X(kPor, "por", Por, Vpor, kBinary, kSse2) X(kPxor, "pxor", Pxor, Vpxor, kBinary, kSse2)                      \
  X(kPcmpeqb, "pcmpeqb", Pcmpeqb, Vpcmpeqb, kBinary, kSse2)                                                    \
  X(kPcmpeqw, "pcmpeqw", Pcmpeqw, Vpcmpeqw, kBinary, kSse2)                                                    \
  X(kPcmpeqd, "pcmpeqd", Pcmpeqd, Vpcmpeqd, kBinary, kSse2)                                                    \
  X(kPcmpgtb, "pcmpgtb", Pcmpgtb, Vpcmpgtb, kBinary, kSse2)                                                    \
  X(kPcmpgtw, "pcmpgtw", Pcmpgtw, Vpcmpgtw, kBinary, kSse2)                                                    \
  X(kPcmpgtd, "pcmpgtd", Pcmpgtd, Vpcmpgtd, kBinary, kSse2)                                                    \
  X(kPacksswb, "packsswb", Packsswb, Vpacksswb, kBinary, kSse2)                                                \
  X(kPackuswb, "packuswb", Packuswb, Vpackuswb, kBinary, kSse2)                                                \
  X(kPackssdw, "packssdw", Packssdw, Vpackssdw, kBinary, kSse2)                                                \
  X(kPunpcklbw, "punpcklbw", Punpcklbw, Vpunpcklbw, kBinary, kSse2)                                            \
  X(kPunpcklwd, "punpcklwd", Punpcklwd, Vpunpcklwd, kBinary, kSse2)                                            \
  X(kPunpckldq, "punpckldq", Punpckldq, Vpunpckldq, kBinary, kSse2)                                            \
  X(kPunpcklqdq, "punpcklqdq", Punpcklqdq, Vpunpcklqdq, kBinary, kSse2)                                        \
  X(kPunpckhbw, "punpckhbw", Punpckhbw, Vpunpckhbw, kBinary, kSse2)                                            \
  X(kPunpckhwd, "punpckhwd", Punpckhwd, Vpunpckhwd, kBinary, kSse2)                                            \
  X(kPunpckhdq, "punpckhdq", Punpckhdq, Vpunpckhdq, kBinary, kSse2)                                            \
  X(kPunpckhqdq, "punpckhqdq", Punpckhqdq, Vpunpckhqdq, kBinary, kSse2)                                        \
  X(kPsllw, "psllw", Psllw, Vpsllw, kBinary, kSse2) X(kPslld, "pslld", Pslld, Vpslld, kBinary, kSse2)          \
  X(kPsllq, "psllq", Psllq, Vpsllq, kBinary, kSse2) X(kPsrlw, "psrlw", Psrlw, Vpsrlw, kBinary, kSse2)          \
  X(kPsrld, "psrld", Psrld, Vpsrld, kBinary, kSse2) X(kPsrlq, "psrlq", Psrlq, Vpsrlq, kBinary, kSse2)          \
  X(kPsraw, "psraw", Psraw, Vpsraw, kBinary, kSse2) X(kPsrad, "psrad", Psrad, Vpsrad, kBinary, kSse2)          \
  X(kAddps, "addps", Addps, Vaddps, kBinary, kSse2) X(kAddpd, "addpd", Addpd, Vaddpd, kBinary, kSse2)          \
  X(kSubps, "subps", Subps, Vsubps, kBinary, kSse2) X(kSubpd, "subpd", Subpd, Vsubpd, kBinary, kSse2)          \
  X(kMulps, "mulps", Mulps, Vmulps, kBinary, kSse2) X(kMulpd, "mulpd", Mulpd, Vmulpd, kBinary, kSse2)          \
  X(kDivps, "divps", Divps, Vdivps, kBinary, kSse2) X(kDivpd, "divpd", Divpd, Vdivpd, kBinary, kSse2)          \
  X(kMinps, "minps", Minps, Vminps, kBinary, kSse2) X(kMinpd, "minpd", Minpd, Vminpd, kBinary, kSse2)          \
  X(kMaxps, "maxps", Maxps, Vmaxps, kBinary, kSse2) X(kMaxpd, "maxpd", Maxpd, Vmaxpd, kBinary, kSse2)          \
  X(kAndps, "andps", Andps, Vandps, kBinary, kSse2) X(kAndnps, "andnps", Andnps, Vandnps, kBinary, kSse2)      \
  X(kOrps, "orps", Orps, Vorps, kBinary, kSse2) X(kXorps, "xorps", Xorps, Vxorps, kBinary, kSse2)              \
  X(kPshufb, "pshufb", Pshufb, Vpshufb, kBinary, kSsse3)                                                       \
  X(kPmaddubsw, "pmaddubsw", Pmaddubsw, Vpmaddubsw, kBinary, kSsse3)                                           \
  X(kPmulhrsw, "pmulhrsw", Pmulhrsw, Vpmulhrsw, kBinary, kSsse3)                                               \
  X(kPminsb, "pminsb", Pminsb, Vpminsb, kBinary, kSse41) X(kPmaxsb, "pmaxsb", Pmaxsb, Vpmaxsb, kBinary, kSse41) \
  X(kPminuw, "pminuw", Pminuw, Vpminuw, kBinary, kSse41) X(kPmaxuw, "pmaxuw", Pmaxuw, Vpmaxuw, kBinary, kSse41) \
  X(kPminsd, "pminsd", Pminsd, Vpminsd, kBinary, kSse41) X(kPmaxsd, "pmaxsd", Pmaxsd, Vpmaxsd, kBinary, kSse41) \
  X(kPminud, "pminud", Pminud, Vpminud, kBinary, kSse41) X(kPmaxud, "pmaxud", Pmaxud, Vpmaxud, kBinary, kSse41) \
  X(kPmulld, "pmulld", Pmulld, Vpmulld, kBinary, kSse41) X(kPmuldq, "pmuldq", Pmuldq, Vpmuldq, kBinary, kSse41) \
  X(kPcmpeqq, "pcmpeqq", Pcmpeqq, Vpcmpeqq, kBinary, kSse41)                                                   \
  X(kPackusdw, "packusdw", Packusdw, Vpackusdw, kBinary, kSse41)                                               \
  X(kPcmpgtq, "pcmpgtq", Pcmpgtq, Vpcmpgtq, kBinary, kSse42)                                                   \
  X(kMovss, "movss", Movss, Vmovss, kMerge, kSse2) X(kMovsd, "movsd", Movsd, Vmovsd, kMerge, kSse2)            \
  X(kCmpps, "cmpps", Cmpps, Vcmpps, kBinaryImm, kSse2) X(kCmppd, "cmppd", Cmppd, Vcmppd, kBinaryImm, kSse2)    \
  X(kShufps, "shufps", Shufps, Vshufps, kBinaryImm, kSse2)                                                     \
  X(kPalignr, "palignr", Palignr, Vpalignr, kBinaryImm, kSsse3)                                                \
  X(kPblendw, "pblendw", Pblendw, Vpblendw, kBinaryImm, kSse41)                                                \
  X(kInsertps, "insertps", Insertps, Vinsertps, kBinaryImm, kSse41)                                            \
  X(kSqrtps, "sqrtps", Sqrtps, Vsqrtps, kUnary, kSse2) X(kSqrtpd, "sqrtpd", Sqrtpd, Vsqrtpd, kUnary, kSse2)    \
  X(kCvtdq2ps, "cvtdq2ps", Cvtdq2ps, Vcvtdq2ps, kUnary, kSse2)                                                 \
  X(kCvtdq2pd, "cvtdq2pd", Cvtdq2pd, Vcvtdq2pd, kUnary, kSse2)                                                 \
  X(kCvttps2dq, "cvttps2dq", Cvttps2dq, Vcvttps2dq, kUnary, kSse2)                                             \
  X(kCvttpd2dq, "cvttpd2dq", Cvttpd2dq, Vcvttpd2dq, kUnary, kSse2)                                             \
  X(kCvtps2pd, "cvtps2pd", Cvtps2pd, Vcvtps2pd, kUnary, kSse2)                                                 \
  X(kCvtpd2ps, "cvtpd2ps", Cvtpd2ps, Vcvtpd2ps, kUnary, kSse2)                                                 \
  X(kMovq, "movq", Movq, Vmovq, kUnary, kSse2)                                                                 \
  X(kPabsb, "pabsb", Pabsb, Vpabsb, kUnary, kSsse3) X(kPabsw, "pabsw", Pabsw, Vpabsw, kUnary, kSsse3)          \
  X(kPabsd, "pabsd", Pabsd, Vpabsd, kUnary, kSsse3) X(kMovddup, "movddup", Movddup, Vmovddup, kUnary, kSsse3)  \
  X(kPmovsxbw, "pmovsxbw", Pmovsxbw, Vpmovsxbw, kUnary, kSse41)                                                \
  X(kPmovsxwd, "pmovsxwd", Pmovsxwd, Vpmovsxwd, kUnary, kSse41)                                                \
  X(kPmovsxdq, "pmovsxdq", Pmovsxdq, Vpmovsxdq, kUnary, kSse41)                                                \
  X(kPmovzxbw, "pmovzxbw", Pmovzxbw, Vpmovzxbw, kUnary, kSse41)                                                \
  X(kPmovzxwd, "pmovzxwd", Pmovzxwd, Vpmovzxwd, kUnary, kSse41)                                                \
  X(kPmovzxdq, "pmovzxdq", Pmovzxdq, Vpmovzxdq, kUnary, kSse41)                                                \
  X(kPbroadcastb, "pbroadcastb", None, Vpbroadcastb, kUnary, kAvx2)                                            \
  X(kPbroadcastw, "pbroadcastw", None, Vpbroadcastw, kUnary, kAvx2)                                            \
  X(kBroadcastss, "broadcastss", None, Vbroadcastss, kUnary, kAvx)  /* from memory; from a register: AVX2 */   \
  X(kPshufd, "pshufd", Pshufd, Vpshufd, kUnaryImm, kSse2)                                                      \
  X(kPshuflw, "pshuflw", Pshuflw, Vpshuflw, kUnaryImm, kSse2)                                                  \
  X(kPshufhw, "pshufhw", Pshufhw, Vpshufhw, kUnaryImm, kSse2)                                                  \
  X(kRoundps, "roundps", Roundps, Vroundps, kUnaryImm, kSse41)                                                 \
  X(kRoundpd, "roundpd", Roundpd, Vroundpd, kUnaryImm, kSse41)                                                 \
  X(kPsllwImm, "psllw", Psllw, Vpsllw, kShift, kSse2) X(kPslldImm, "pslld", Pslld, Vpslld, kShift, kSse2)      \
  X(kPsllqImm, "psllq", Psllq, Vpsllq, kShift, kSse2) X(kPsrlwImm, "psrlw", Psrlw, Vpsrlw, kShift, kSse2)      \
  X(kPsrldImm, "psrld", Psrld, Vpsrld, kShift, kSse2) X(kPsrlqImm, "psrlq", Psrlq, Vpsrlq, kShift, kSse2)      \
  X(kPsrawImm, "psraw", Psraw, Vpsraw, kShift, kSse2) X(kPsradImm, "psrad", Psrad, Vpsrad, kShift, kSse2)      \
  X(kPslldq, "pslldq", Pslldq, Vpslldq, kShift, kSse2) X(kPsrldq, "psrldq", Psrldq, Vpsrldq, kShift, kSse2)    \
  X(kPinsrb, "pinsrb", Pinsrb, Vpinsrb, kInsert, kSse41) X(kPinsrw, "pinsrw", Pinsrw, Vpinsrw, kInsert, kSse2) \
  X(kPinsrd, "pinsrd", Pinsrd, Vpinsrd, kInsert, kSse41) X(kPinsrq, "pinsrq", Pinsrq, Vpinsrq, kInsert, kSse41) \
  X(kPextrb, "pextrb", Pextrb, Vpextrb, kExtract, kSse41)                                                      \
  X(kPextrw, "pextrw", Pextrw, Vpextrw, kExtract, kSse2)                                                       \
  X(kPextrd, "pextrd", Pextrd, Vpextrd, kExtract, kSse41)                                                      \
  X(kPextrq, "pextrq", Pextrq, Vpextrq, kExtract, kSse41)                                                      \
  X(kPmovmskb, "pmovmskb", Pmovmskb, Vpmovmskb, kMask, kSse2)                                                  \
  X(kMovmskps, "movmskps", Movmskps, Vmovmskps, kMask, kSse2)                                                  \
  X(kMovmskpd, "movmskpd", Movmskpd, Vmovmskpd, kMask, kSse2)                                                  \
  X(kPtest, "ptest", Ptest, Vptest, kTest, kSse41)
// clang-format on

#define WJIT_X(name, ...) name,
enum class Vec : uint8_t { WJIT_X64_VEC(WJIT_X) };
#undef WJIT_X
struct VecRow {
  VecShape shape;
  VecLevel level;
};
inline constexpr VecRow kVecRows[] = {
#define WJIT_X(name, mnemonic, sse, avx, shape, level) {VecShape::shape, VecLevel::level},
    WJIT_X64_VEC(WJIT_X)
#undef WJIT_X
};
constexpr const VecRow& row(Vec v) { return kVecRows[static_cast<uint8_t>(v)]; }

}  // namespace wjit::x64
