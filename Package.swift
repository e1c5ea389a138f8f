// swift-tools-version: 6.2
import PackageDescription

// Who may import whom is drawn in Sources/README.md.
let package = Package(
  name: "smooven-swift",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "SmoovenCallbacks", targets: ["SmoovenCallbacks"]),
    .library(name: "Smooven", targets: ["Smooven"]),
    .library(name: "SmoovenSQLite", targets: ["SmoovenSQLite"]),
    .library(name: "SmoovenTesting", targets: ["SmoovenTesting"]),
    .library(name: "SmoovenSandbox", targets: ["SmoovenSandbox"]),
    .executable(name: "smooven", targets: ["SmoovenCommand"]),
  ],
  traits: [
    .trait(
      name: "SQLiteSupport",
      description: "The durable store of SmoovenSQLite, on GRDB and the system's SQLite."
    ),
    .default(enabledTraits: ["SQLiteSupport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    // Floor 1
    .target(
      name: "SmoovenCallbacks",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]
    ),
    .target(
      name: "SmoovenHTTP",
      dependencies: [
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]
    ),
    // Floor 2
    .target(
      name: "Smooven",
      dependencies: [
        "SmoovenCallbacks",
        "SmoovenHTTP",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]
    ),
    // Floor 3
    .target(
      name: "SmoovenSQLite",
      dependencies: [
        "Smooven",
        "SmoovenCallbacks",
        "SmoovenHTTP",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["SQLiteSupport"])),
      ]
    ),
    .target(
      name: "SmoovenTesting",
      dependencies: ["Smooven", .product(name: "HTTPTypes", package: "swift-http-types")]
    ),
    .target(
      name: "SmoovenSandbox",
      dependencies: [
        "SmoovenCallbacks",
        "SmoovenHTTP",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]
    ),
    // Floor 4
    .executableTarget(
      name: "SmoovenCommand",
      dependencies: [
        "Smooven",
        "SmoovenHTTP",
        "SmoovenSQLite",
        "SmoovenSandbox",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]
    ),
    // Samples: what a user would write.
    .executableTarget(
      name: "AgentLoop",
      dependencies: ["Smooven", "SmoovenSandbox"],
      path: "Samples/AgentLoop"
    ),
    .executableTarget(
      name: "AwaitAJob",
      dependencies: ["Smooven", .product(name: "HTTPTypes", package: "swift-http-types")],
      path: "Samples/AwaitAJob"
    ),
    .executableTarget(
      name: "CustomProvider",
      dependencies: [
        "Smooven",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      path: "Samples/CustomProvider"
    ),
    .executableTarget(
      name: "HumanInTheLoop",
      dependencies: ["Smooven"],
      path: "Samples/HumanInTheLoop"
    ),
    .testTarget(
      name: "MockedAgentTests",
      dependencies: [
        "AgentLoop",
        "Smooven",
        "SmoovenTesting",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      path: "Samples/MockedAgentTests"
    ),
    // Compiled so that the code in the documentation is right; no product.
    .target(
      name: "Snippets",
      dependencies: [
        "Smooven",
        "SmoovenCallbacks",
        "SmoovenSQLite",
        "SmoovenSandbox",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "Samples/Snippets"
    ),
    // Tests mirror Sources.
    .testTarget(
      name: "SmoovenCallbacksTests",
      dependencies: ["SmoovenCallbacks", .product(name: "HTTPTypes", package: "swift-http-types")],
      exclude: [
        "Interop/peers.py", "Interop/requirements.txt", "Interop/sign.mjs", "Interop/sign.py",
        "Interop/smartlyq.mjs",
      ]
    ),
    .testTarget(
      name: "SmoovenHTTPTests",
      dependencies: [
        "SmoovenHTTP",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]
    ),
    .testTarget(
      name: "SmoovenTests",
      dependencies: [
        "Smooven",
        "SmoovenHTTP",
        "SmoovenSandbox",
        "SmoovenTesting",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]
    ),
    .testTarget(
      name: "SmoovenSQLiteTests",
      dependencies: [
        "Smooven",
        "SmoovenSQLite",
        "SmoovenTesting",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["SQLiteSupport"])),
      ]
    ),
    .testTarget(
      name: "SmoovenTestingTests",
      dependencies: ["Smooven", "SmoovenTesting", .product(name: "HTTPTypes", package: "swift-http-types")]
    ),
    .testTarget(
      name: "SmoovenSandboxTests",
      dependencies: [
        "SmoovenSandbox",
        "SmoovenHTTP",
        "SmoovenCallbacks",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]
    ),
    .testTarget(
      name: "SmoovenCommandTests",
      dependencies: [
        "Smooven",
        "SmoovenCommand",
        "SmoovenCallbacks",
        "SmoovenHTTP",
        "SmoovenSQLite",
        "SmoovenTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      resources: [.copy("Servers")]
    ),
    // Reads README.md, DocC, Sources and Samples from the package's folder.
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "Smooven",
        "SmoovenCommand",
        "SmoovenHTTP",
        "SmoovenSandbox",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)

// Every target is built with the same settings.
for target in package.targets {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .strictMemorySafety(),  // SE-0458
  ]
  // SE-0480. Not for everybody: the next compiler may warn of more.
  if Context.environment["SMOOVEN_WARNINGS_AS_ERRORS"] != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}
