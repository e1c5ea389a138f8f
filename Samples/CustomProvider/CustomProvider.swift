import Crypto
import Foundation
import Smooven

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Waits for a parcel with a custom provider.
@main struct CustomProvider {
  static let secret = "parcel-secret-0123456789"

  static func main() async throws {
    let receiver = try CallbackReceiver(endpoints: [
      CallbackEndpoint(try ParcelProvider(secrets: [Secret(secret)]))
    ])
    let listener = try CallbackListener(receiver: receiver)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listener.run() }
      let url = try await listener.callbackURL(of: "parcel")
      for state in ["on_its_way", "handed_over"] { print(state, try await post(state, to: url)) }
      print("forged", try await post("lost", to: url, secret: "somebody else's secret"))
      let outcome = try await listener.outcome(of: "parcel", id: "p-17", timeout: .seconds(30))
      print(outcome.isDelivered ? "The parcel is there." : "The parcel is not there.")
      group.cancelAll()
    }
  }

  /// Does what the parcel service would do, and returns the status of the response.
  static func post(_ state: String, to url: String, secret: String = Self.secret) async throws -> Int {
    let body = Data(#"{"parcel":"p-17","state":"\#(state)"}"#.utf8)
    let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Data(secret.utf8)))
    guard let url = URL(string: url) else { return 0 }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = body
    let hexadecimal = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    request.setValue(hexadecimal, forHTTPHeaderField: "X-Parcel-Signature")
    let (_, response) = try await URLSession.shared.data(for: request)
    return (response as? HTTPURLResponse)?.statusCode ?? 0
  }
}
