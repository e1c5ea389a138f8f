import Smooven

func listenerBehindProxy() -> ListenerConfiguration {
  // The proxy terminates TLS at https://agent.example.com/hooks and forwards to port 8080 of this machine.
  ListenerConfiguration(port: 8080, publicURL: "https://agent.example.com/hooks")
}

func listenerWithTLS() -> ListenerConfiguration {
  ListenerConfiguration(
    host: "0.0.0.0",
    port: 443,
    publicURL: "https://agent.example.com",
    tls: .init(certificateChain: "/etc/smooven/chain.pem", privateKey: "/etc/smooven/key.pem")
  )
}

func listenerInTheOpen() -> ListenerConfiguration {
  ListenerConfiguration(
    host: "0.0.0.0",
    port: 443,
    publicURL: "https://agent.example.com",
    tls: .init(certificateChain: "/etc/smooven/chain.pem", privateKey: "/etc/smooven/key.pem"),
    // A sender needs only a few connections.
    maximumConnectionsPerAddress: 32
  )
}

/// Receives callbacks without a client, like those of notifications that another process sends.
func listenOnly(secretKey: Secret) async throws {
  let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(secretKey))])
  let listener = try CallbackListener(configuration: .init(port: 8080), receiver: receiver)
  let events = receiver.events()
  async let serving: Void = listener.run()
  // The events end when the listener does.
  for await event in events { print(event) }
  try await serving
}
