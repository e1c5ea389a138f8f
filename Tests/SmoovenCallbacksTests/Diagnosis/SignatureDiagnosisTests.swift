import Foundation
import HTTPTypes
import Testing

@testable import SmoovenCallbacks

/// A sender signs one body, and another one is captured.
@Suite("The diagnosis of a signature that doesn't match") struct SignatureDiagnosisTests {
  static let key: Secret = "sk_test_0123456789"
  static let signed =
    #"{"event":"notification.delivered","metadata":{"intent":"Rappelle Zoé ❤","url":"https://a/b"}}"#
  static let indented = """
    {
      "event": "notification.delivered",
      "metadata": {
        "intent": "Rappelle Zoé ❤"
      }
    }
    """

  static func diagnosis(signed: [UInt8], received: [UInt8], secrets: [Secret] = [key]) -> SignatureDiagnosis {
    var request = CallbackRequest(
      head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
      body: received
    )
    request.head.headerFields.append(SmoovenCallbackProvider.signatureField(for: signed, secret: key))
    return SignatureDiagnosis(of: request, secrets: secrets, at: Date()) {
      try? SmoovenCallbackProvider(secrets: $0)
    }
  }

  static let changes: [(String, String, String)] = [
    (
      signed,
      signed.replacing("é", with: "\\u00e9").replacing("❤", with: "\\u2764").replacing(",\"", with: ", \"")
        .replacing("\":", with: "\": "), "re-serialized"
    ),
    (signed.replacing("/", with: "\\/"), signed, "re-serialized"),
    (signed, signed.replacing("/", with: "\\/"), "re-serialized"),
    (
      signed.replacing("é", with: "\\u00e9").replacing("❤", with: "\\u2764").replacing("/", with: "\\/"),
      signed,
      "re-serialized"
    ),
    (indented, indented.replacing("\n", with: "\r\n"), "line ends"),
    (indented.replacing("\n", with: "\r\n"), indented, "line ends"),
    (indented, indented.replacing("\n", with: ""), "curl -d"),
    (indented + "\n", indented.replacing("\n", with: ""), "curl -d"),
    (signed, "\u{FEFF}" + signed, "byte order mark"),
    ("\u{FEFF}" + signed, signed, "byte order mark"),
    (signed, signed + "\r\n", "white space"),
    (signed, signed + "  ", "white space"),
    (signed, "\n" + signed, "white space"),
    (signed + "\n", signed, "line feed"),
    (
      signed, indented.isEmpty ? "" : signed.replacing("{\"event\"", with: "{\n\"event\""),
      "line breaks were added"
    ),
  ]

  @Test("Only the change that a tool made is named", arguments: changes)
  func changed(signed: String, received: String, expected: String) {
    let diagnosis = Self.diagnosis(signed: Array(signed.utf8), received: Array(received.utf8))
    #expect(diagnosis.isExplained)
    #expect(diagnosis.hints.count == 1)
    #expect(diagnosis.hints.first?.contains(expected) == true, "\(diagnosis.hints)")
  }

  @Test("UTF-16 and Latin-1 are recognized", arguments: [true, false])
  func encodings(isLittle: Bool) {
    let units = Array((Self.signed + "\r\n").utf16)
    let bytes = units.flatMap { unit in
      let pair = [UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8)]
      return isLittle ? pair : pair.reversed()
    }
    let mark: [UInt8] = isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF]
    let wide = Self.diagnosis(signed: Array(Self.signed.utf8), received: mark + bytes)
    #expect(wide.hints.first?.contains("UTF-16") == true, "\(wide.hints)")
    let twice = String(String.UnicodeScalarView(Self.signed.utf8.map { Unicode.Scalar($0) }))
    let latin = Self.diagnosis(signed: Array(Self.signed.utf8), received: Array(twice.utf8))
    #expect(latin.hints.first?.contains("Latin-1") == true, "\(latin.hints)")
  }

  @Test("An unknown change isn't ruled out")
  func unknown() {
    let body = Array(Self.signed.utf8)
    for (received, secrets) in [
      (body, ["sk_of_another"]), (Array("x".utf8) + body, [Self.key]), ([], [Self.key]),
    ] {
      let diagnosis = Self.diagnosis(signed: body, received: received, secrets: secrets)
      #expect(!diagnosis.isExplained)
      let text = diagnosis.hints.joined(separator: " ")
      #expect(text.contains("was not found") && text.contains("another endpoint's secret"))
      #expect(!text.contains("neither") && !text.contains("is it"))
    }
  }

  @Test("A body that is compressed is named as such, though no header says so")
  func compressed() {
    // What gzip writes first, and the end of its header.
    let gzip: [UInt8] = [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xAB, 0x56]
    let diagnosis = Self.diagnosis(signed: Array(Self.signed.utf8), received: gzip)
    #expect(!diagnosis.isExplained)
    #expect(diagnosis.hints.first?.contains("the body is compressed") == true, "\(diagnosis.hints)")
  }

  @Test("Each distinct body is tried once", arguments: [signed, indented, "{\"a\":1}", "[]", "x"])
  func once(body: String) {
    var tried: Set<[UInt8]> = [Array(body.utf8)]
    let search = BodyVariants(body: Array(body.utf8)).first { variant in
      #expect(tried.insert(variant).inserted, "\(String(decoding: variant, as: UTF8.self))")
      return false
    }
    #expect(search.found == nil && search.isWhole && search.count == tried.count - 1)
  }

  @Test("The work for one request is limited, however long and deep its body is")
  func limited() {
    let numbers = String(repeating: "1,", count: 30_000) + "1"
    let body = String(repeating: "[", count: 120) + numbers + String(repeating: "]", count: 120)
    var work = 0
    let search = BodyVariants(body: Array(body.utf8), maximumWork: 1 << 20).first { variant in
      work += variant.count
      return false
    }
    #expect(!search.isWhole && search.count > 0)
    #expect(work <= 1 << 20)
  }

  @Test("A key of another kind is recognized")
  func secrets() throws {
    let body = Array(Self.signed.utf8)
    let encoded = Secret(Data("sk_test_0123456789".utf8).base64EncodedString())
    let diagnosis = Self.diagnosis(signed: body, received: body, secrets: ["sk_of_another", encoded])
    #expect(diagnosis.hints == ["secret 2 is of another kind: it must be decoded from base64 first"])
  }
}
