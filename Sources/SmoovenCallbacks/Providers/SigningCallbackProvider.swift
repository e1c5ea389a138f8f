public import HTTPTypes

public import struct Foundation.Date

/// A provider whose callbacks are signed, and which can sign as its service does.
///
/// Signing is for sandboxes, tests and tools; a service that only receives needs ``CallbackProvider`` alone.
public protocol SigningCallbackProvider: CallbackProvider {
  /// The header fields that authenticate a body, made with the first secret.
  ///
  /// - Parameters:
  ///   - body: The body exactly as it will be sent.
  ///   - id: The message's id, for schemes that sign one.
  ///   - now: The time to sign, for schemes that sign one.
  /// - Returns: The fields.
  func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields
}
