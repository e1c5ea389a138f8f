import Measuring
import Smooven

/// Runs round trips, a number of them at a time, for a number of seconds.
///
/// `RoundTrip smooven|bare URL KEY IN-FLIGHT SECONDS CALLBACKS`. `smooven` is the SDK at its defaults, against the
/// sandbox or the bare service. `bare` makes the same exchanges without it.
@main
struct RoundTrip {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 6, let inFlight = Int(arguments[4]), let seconds = Double(arguments[5]),
      let callbacks = Int(arguments[6])
    else { fatalError("RoundTrip smooven|bare URL KEY IN-FLIGHT SECONDS CALLBACKS") }
    let load = Load(inFlight: inFlight, seconds: seconds)
    if arguments[1] == "bare" {
      let client = try await BareClient(url: arguments[2] + "/v1/agent/notify", callbacks: callbacks)
      report(try await load.run { try await client.sendAndWait() })
    } else {
      let configuration = SmoovenConfiguration(secretKey: Secret(arguments[3]), baseURL: arguments[2])
      report(
        try await withSmoovenClient(configuration: configuration) { smooven in
          try await load.run {
            let outcome = try await smooven.sendAndWait(
              intent: "Remind Sarah about her appointment",
              context: .init(userID: "sarah@example.com", ["appointment_id": "apt_123"]),
              timeout: .seconds(30)
            )
            guard outcome.isDelivered else { fatalError("\(outcome)") }
          }
        }
      )
    }
  }
}
