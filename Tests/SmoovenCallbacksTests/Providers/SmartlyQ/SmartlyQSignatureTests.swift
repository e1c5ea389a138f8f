import Foundation
import SmoovenCallbacks
import Testing

/// The scheme `t=…,v1=…`, in the cases from the test suites of its earlier users.
@Suite("SmartlyQ: every form of the signature header")
struct SmartlyQSignatureTests {
  static let provider = SampleProvider.smartlyQ
  static let time = "1772461800"
  static let body =
    Array(
      #"{"event":"job.completed","timestamp":"2026-03-02T14:30:00Z","data":{"job_id":"job_abc123","#.utf8
    )
    + Array(
      #""type":"article_generation","status":"completed","result":{"url":"https://example.com/a"}}}"#.utf8
    )
  /// The code that Python's `hmac` computes for the time and the body.
  static let good = "a1e07ae20f70bcc17a04ad13c49831e409ff620067bdfccca96a4db4180fe9d0"
  static let bad = String(good.reversed())
  static let zeros = String(repeating: "0", count: 64)

  static let accepted = [
    "t=\(time),v1=\(good)",
    "v1=\(good),t=\(time)",
    "t=\(time), v1=\(good)",
    " t = \(time) ,\tv1 = \(good) ",
    "t=\(time),v1=\(good.uppercased())",
    "t=\(time),v1=\(bad),v1=\(good)",
    "t=\(time),v1=\(good),v1=\(bad)",
    "v1=\(bad),t=\(time),v1=\(good)",
    "t=\(time),v1=,v1=\(good)",
    "t=\(time),v1=short,v1=\(good)",
    "t=\(time),v0=\(bad),v1=\(good),v2=x",
    "t=\(time),v1=\(good),",
    ",,t=\(time),,v1=\(good)",
    "t=\(time),v1=\(good),nonsense,=,é",
  ]

  @Test("One valid v1 is enough, in any order, with spaces and whatever is next to it", arguments: accepted)
  func isAccepted(_ header: String) throws {
    #expect(try refusal([header]) == nil)
  }

  static let refused: [([String], VerificationError.Code)] = [
    ([], .headerMissing),
    ([""], .headerMalformed), ([" "], .headerMalformed), ([","], .headerMalformed), (["="], .headerMalformed),
    (["i'm not even a real signature header"], .headerMalformed),
    ([good], .headerMalformed),
    (["v1=\(good)"], .headerMalformed),
    (["t=\(time)"], .headerMalformed),
    (["t=\(time),\(good)"], .headerMalformed),
    (["t=,v1=\(good)"], .headerMalformed),
    (["t=\(time),t=\(time),v1=\(good)"], .headerMalformed),
    (["t=\(time);v1=\(good)"], .headerMalformed),
    (["T=\(time),V1=\(good)"], .headerMalformed),
    // Only unknown schemes, including the weak old one.
    (["t=\(time),v0=\(good)"], .headerMalformed),
    (["t=\(time),v2=\(good),v3=\(good)"], .headerMalformed),
    (["t=\(time),v1"], .headerMalformed), (["t=\(time),v1="], .headerMalformed),
    (["t=\(time),v1==\(good)"], .headerMalformed),
    (["t=\(time),v1=\(good.dropLast())"], .headerMalformed), (["t=\(time),v1=\(good)0"], .headerMalformed),
    (["t=\(time),v1=\(good)00"], .headerMalformed), (["t=\(time),v1=\(good.dropLast())g"], .headerMalformed),
    (["t=\(time),v1=\(good.dropLast())７"], .headerMalformed),
    (["t=\(time),v1=\"\(good)\""], .headerMalformed), (["t=\"\(time)\",v1=\(good)"], .headerMalformed),
    (["t=\(time),v1=\(good)", "t=\(time),v1=\(good)"], .headerMalformed),
    (["t=\(time)", "v1=\(good)"], .headerMalformed),
    (["t=\(time),v1=" + String(repeating: "a", count: 1_000_000)], .headerMalformed),
    // Times neither trap nor are read leniently, because the text as sent is what was signed.
    (["t=12x,v1=\(good)"], .headerMalformed), (["t=-1,v1=\(good)"], .headerMalformed),
    (["t=+\(time),v1=\(good)"], .headerMalformed), (["t=\(time).0,v1=\(good)"], .headerMalformed),
    (["t=1e9,v1=\(good)"], .headerMalformed), (["t=0x1,v1=\(good)"], .headerMalformed),
    (["t=１７７２４６１８００,v1=\(good)"], .headerMalformed),
    (["t=9223372036854775808,v1=\(good)"], .headerMalformed),
    (["t=" + String(repeating: "9", count: 100_000) + ",v1=\(good)"], .headerMalformed),
    (["t=999999999999999,v1=\(good)"], .noMatch), (["t=0\(time),v1=\(good)"], .noMatch),
    (["t=1772461801,v1=\(good)"], .noMatch),
    (["t=\(time),v1=\(bad)"], .noMatch), (["t=\(time),v1=\(zeros)"], .noMatch),
    (["t=\(time),v1=\(bad),v1=\(zeros)"], .noMatch),
    // A valid code under another scheme's name doesn't count.
    (["t=\(time),v0=\(good),v1=\(bad)"], .noMatch),
  ]

  @Test("Everything else is refused, for what is wrong with it, and not quoted", arguments: refused)
  func isRefused(_ values: [String], _ reason: VerificationError.Code) throws {
    let error = try #require(try refusal(values))
    #expect(error.code == reason)
    let printed = everyPrintedForm(of: error)
    for text in [Self.good, Self.bad, Self.time, Self.provider.secretText, "job_abc123"] {
      #expect(!printed.contains(text))
    }
  }

  @Test("Every digit of the code counts")
  func changedDigit() throws {
    let digits = Array(Self.good)
    for index in digits.indices {
      var changed = digits
      changed[index] = changed[index] == "0" ? "1" : "0"
      #expect(try refusal(["t=\(Self.time),v1=\(String(changed))"])?.code == .noMatch)
    }
  }

  @Test("Thousands of wrong codes next to a valid one only cost time")
  func manyCodes() throws {
    let codes = Array(repeating: "v1=\(Self.bad)", count: 5_000) + ["v1=\(Self.good)"]
    #expect(try refusal(["t=\(Self.time)," + codes.joined(separator: ",")]) == nil)
  }

  static let times: [(String, VerificationError.Code)] = [
    ("0", .tooOld), ("1", .tooOld), ("000000000000001", .tooOld), ("999999999999999", .tooNew),
  ]

  @Test("A correctly signed time at the extremes is too old or too new", arguments: times)
  func farTimes(_ time: String, _ reason: VerificationError.Code) throws {
    let code = Self.provider.code(of: Self.body, time: time)
    let error = try refusal(["t=\(time),v1=\(code)"])
    #expect(error?.code == reason && error?.message.contains("decades") == true)
  }

  private func refusal(_ values: [String]) throws -> VerificationError? {
    var request = Self.provider.request(Self.body, signature: nil)
    request.set(Self.provider.signatureHeader, to: values)
    return try Self.provider.provider().refusal(of: request)
  }
}
