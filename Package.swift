// swift-tools-version: 6.2
import PackageDescription

// The products of other packages that targets share.
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(
  name: "GRDB",
  package: "GRDB.swift",
  condition: .when(traits: ["SQLiteSupport"])
)
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let postgres: Target.Dependency = .target(name: "CPostgres", condition: .when(traits: ["PostgresSupport"]))

// Sources/README.md draws which target may import which.
let package = Package(
  name: "smooven-swift",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SmoovenCallbacks", targets: ["SmoovenCallbacks"]),
    .library(name: "Smooven", targets: ["Smooven"]),
    .library(name: "SmoovenSQLite", targets: ["SmoovenSQLite"]),
    .library(name: "SmoovenPostgres", targets: ["SmoovenPostgres"]),
    .library(name: "SmoovenMCP", targets: ["SmoovenMCP"]),
    .library(name: "SmoovenDashboard", targets: ["SmoovenDashboard"]),
    .library(name: "SmoovenTesting", targets: ["SmoovenTesting"]),
    .library(name: "SmoovenSandbox", targets: ["SmoovenSandbox"]),
    .executable(name: "smooven", targets: ["SmoovenCommand"]),
  ],
  traits: [
    .trait(
      name: "SQLiteSupport",
      description: "The durable store of SmoovenSQLite, on GRDB and the system's SQLite."
    ),
    .trait(
      name: "PostgresSupport",
      description: "The store of SmoovenPostgres, which many replicas share, on the system's libpq."
    ),
    .default(enabledTraits: ["SQLiteSupport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
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
    // Floor 0
    .target(name: "SmoovenSupport"),
    // Without `pkgConfig`, which SwiftPM would look for even if the trait is off.
    .systemLibrary(name: "CPostgres"),
    // Floor 1
    .target(name: "SmoovenCallbacks", dependencies: ["SmoovenSupport", crypto, httpTypes]),
    .target(name: "SmoovenHTTP", dependencies: ["SmoovenSupport", httpTypes, logging, nioSSL] + nio),
    // Floor 2
    .target(
      name: "Smooven",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP",
        crypto, httpClient, httpTypes, lifecycle, logging, metrics, nioSSL, tracing,
        .product(name: "CoreMetrics", package: "swift-metrics"),
        deque,
        .product(name: "HeapModule", package: "swift-collections"),
      ] + nio
    ),
    // Floor 3
    .target(
      name: "SmoovenSQLite",
      dependencies: ["SmoovenSupport", "SmoovenCallbacks", "Smooven", deque, grdb, metrics]
    ),
    .target(
      name: "SmoovenPostgres",
      dependencies: ["SmoovenSupport", "SmoovenCallbacks", "Smooven", deque, logging, metrics, postgres]
    ),
    .target(
      name: "SmoovenMCP",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP", "Smooven",
        httpTypes, logging, metrics, tracing,
      ]
    ),
    .target(
      name: "SmoovenDashboard",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP", "Smooven",
        httpTypes, logging,
      ],
      resources: [
        .embedInCode("Page/Resources/index.html"), .embedInCode("Page/Resources/app.js"),
        .embedInCode("Page/Resources/app.css"),
      ]
    ),
    .target(
      name: "SmoovenTesting",
      dependencies: ["SmoovenSupport", "SmoovenCallbacks", "Smooven", httpTypes]
    ),
    .target(
      name: "SmoovenSandbox",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP",
        httpClient, httpTypes, lifecycle, logging,
      ] + nio
    ),
    // Floor 4
    .executableTarget(
      name: "SmoovenCommand",
      dependencies: [
        "SmoovenSupport", "SmoovenHTTP", "Smooven", "SmoovenSQLite", "SmoovenPostgres", "SmoovenMCP",
        "SmoovenDashboard", "SmoovenSandbox", "SmoovenTesting",
        argumentParser, httpClient, httpTypes, lifecycle, logging, nioSSL, signals,
      ] + nio
    ),
    // Samples: what a user would write.
    .executableTarget(
      name: "AgentLoop",
      dependencies: ["Smooven", "SmoovenSandbox"],
      path: "Samples/AgentLoop"
    ),
    .executableTarget(
      name: "AwaitAJob",
      dependencies: ["Smooven", httpTypes],
      path: "Samples/AwaitAJob"
    ),
    .executableTarget(
      name: "CustomProvider",
      dependencies: ["Smooven", crypto, httpTypes],
      path: "Samples/CustomProvider"
    ),
    .executableTarget(
      name: "CustomStore",
      dependencies: ["Smooven", "SmoovenTesting"],
      path: "Samples/CustomStore"
    ),
    .executableTarget(
      name: "ToolLoop",
      dependencies: ["Smooven", "SmoovenMCP", "SmoovenSandbox"],
      path: "Samples/ToolLoop"
    ),
    .executableTarget(
      name: "HumanInTheLoop",
      dependencies: ["Smooven", "SmoovenSandbox"],
      path: "Samples/HumanInTheLoop"
    ),
    .executableTarget(
      name: "Replicas",
      dependencies: ["Smooven", "SmoovenPostgres", logging],
      path: "Samples/Replicas",
      exclude: ["balancer.py", "run"]
    ),
    .executableTarget(
      name: "Tutorial",
      dependencies: ["Smooven", "SmoovenPostgres", "SmoovenSandbox", "SmoovenSQLite"],
      path: "Samples/Tutorial",
      exclude: ["run"]
    ),
    .executableTarget(
      name: "OnCall",
      dependencies: ["Smooven", "SmoovenSandbox"],
      path: "Samples/OnCall"
    ),
    .testTarget(
      name: "MockedAgentTests",
      dependencies: ["AgentLoop", "Smooven", "SmoovenTesting", httpTypes],
      path: "Samples/MockedAgentTests"
    ),
    // Compiled so that the code in the documentation is right. It isn't a product.
    .target(
      name: "Snippets",
      dependencies: [
        "Smooven", "SmoovenCallbacks", "SmoovenSQLite", "SmoovenPostgres", "SmoovenDashboard",
        "SmoovenSandbox",
        httpTypes, lifecycle, logging, signals,
      ],
      path: "Samples/Snippets"
    ),
    // As many tests at a time as there are cores, whatever starts them.
    .target(name: "TestWidth", path: "Tests/TestWidth"),
    // What several test targets use.
    .target(
      name: "TestSupport",
      dependencies: ["Smooven", "SmoovenSupport", "SmoovenTesting", "TestWidth", httpTypes],
      path: "Tests/Support"
    ),
    // Tests mirror Sources.
    .testTarget(name: "SmoovenSupportTests", dependencies: ["SmoovenSupport"]),
    .testTarget(
      name: "SmoovenCallbacksTests",
      dependencies: ["SmoovenCallbacks", "TestSupport", httpTypes],
      exclude: [
        "Interop/peers.py", "Interop/requirements.txt", "Interop/sign.mjs", "Interop/sign.py",
        "Interop/smartlyq.mjs",
      ]
    ),
    .testTarget(
      name: "SmoovenHTTPTests",
      dependencies: ["SmoovenHTTP", "TestSupport", httpClient, httpTypes, logging, nioSSL] + nio
    ),
    .testTarget(
      name: "SmoovenTests",
      dependencies: [
        "SmoovenSupport", "SmoovenHTTP", "Smooven", "SmoovenSandbox", "SmoovenTesting", "TestSupport",
        "CustomProvider", "CustomStore",
        crypto, httpClient, httpTypes, lifecycle, logging, metrics, tracing,
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ] + nio
    ),
    .testTarget(
      name: "SmoovenSQLiteTests",
      dependencies: ["Smooven", "SmoovenSQLite", "SmoovenTesting", "TestSupport", httpTypes, grdb]
    ),
    .testTarget(
      name: "SmoovenPostgresTests",
      dependencies: [
        "Smooven", "SmoovenCallbacks", "SmoovenPostgres", "SmoovenSupport", "SmoovenTesting",
        "SmoovenCommand",
        "TestSupport",
        argumentParser, httpTypes, logging, metrics,
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ]
    ),
    .testTarget(
      name: "SmoovenMCPTests",
      dependencies: [
        "SmoovenSupport", "SmoovenHTTP", "Smooven", "SmoovenMCP", "SmoovenTesting", "TestSupport",
        httpClient, httpTypes, logging,
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ] + nio
    ),
    .testTarget(
      name: "SmoovenDashboardTests",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP", "Smooven", "SmoovenDashboard", "SmoovenTesting",
        httpClient, httpTypes, logging,
      ] + nio
    ),
    .testTarget(name: "SmoovenTestingTests", dependencies: ["Smooven", "SmoovenTesting", httpTypes]),
    .testTarget(
      name: "SmoovenSandboxTests",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP", "SmoovenSandbox", "TestSupport",
        httpClient, httpTypes, lifecycle, logging,
      ] + nio
    ),
    .testTarget(
      name: "SmoovenCommandTests",
      dependencies: [
        "SmoovenSupport", "SmoovenCallbacks", "SmoovenHTTP", "Smooven", "SmoovenSQLite", "SmoovenPostgres",
        "SmoovenTesting", "SmoovenCommand", "TestSupport",
        argumentParser, httpClient, httpTypes, logging,
      ] + nio,
      exclude: [
        "Browser/answer.py", "Browser/browser.py", "Browser/dashboard.py", "Browser/requirements.txt",
        "Interop/mcp1.txt", "Interop/mcp2.txt", "Interop/mcp_agent.py", "Interop/mcp_client.py",
        "Interop/mcp_events.py", "Interop/mcp_validate.py", "Interop/mcp_validate_http.py",
        "Interop/postgres.txt", "Interop/postgres_reader.py", "Interop/read_har.py",
      ],
      resources: [.copy("Servers")]
    ),
    // Reads README.md, DocC, Sources and Samples from the package's folder.
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "SmoovenCallbacks", "SmoovenHTTP", "Smooven", "SmoovenSandbox", "SmoovenCommand", "TestSupport",
        argumentParser,
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)

// Every target in Swift is built with the same settings.
for target in package.targets where target.type != .system && target.name != "TestWidth" {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .strictMemorySafety(),  // SE-0458
  ]
  // SE-0480. Opt-in, because the next compiler may have more warnings.
  if Context.environment["SMOOVEN_WARNINGS_AS_ERRORS"] != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}
