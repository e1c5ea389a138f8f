import AsyncHTTPClient
import Metrics
import Tracing
import HeapModule
import ServiceLifecycle
