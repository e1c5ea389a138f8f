internal import HTTPTypes

internal import struct Foundation.Date

extension CallbackRequest {
  /// The id and the time that were signed, the time as its header has it and as a date.
  func messageHead(
    id idHeader: HTTPField.Name,
    time timeHeader: HTTPField.Name,
    in unit: MessageSignature.TimestampUnit
  ) throws(VerificationError) -> (id: String, time: String, date: Date) {
    let id = try singleHeader(idHeader)
    let time = try singleHeader(timeHeader)
    guard !id.isEmpty else { throw VerificationError(.headerMalformed, "\(idHeader.rawName) is empty") }
    guard let date = unit.date(time) else {
      throw VerificationError(.headerMalformed, "\(timeHeader.rawName) is not a number of \(unit)")
    }
    return (id, time, date)
  }

  /// The signatures of a header, each with its version before a comma.
  ///
  /// In an array, because a step over the bytes of a string costs several over those of an array.
  func signatures(_ header: HTTPField.Name) throws(VerificationError) -> [ArraySlice<UInt8>] {
    Array(try singleHeader(header).utf8).split { $0 == UInt8(ascii: " ") }
  }

  /// The time of a header, or `nil` if it has none that can be read.
  func signedTime(_ header: HTTPField.Name, in unit: MessageSignature.TimestampUnit) -> Date? {
    (try? singleHeader(header)).flatMap(unit.date)
  }
}

extension MessageSignature.TimestampUnit {
  fileprivate func date(_ text: String) -> Date? {
    UnixTime.parse(text.utf8).map { number in
      Date(timeIntervalSince1970: self == .seconds ? Double(number) : Double(number) / 1_000)
    }
  }
}
