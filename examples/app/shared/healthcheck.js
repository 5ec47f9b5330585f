// The HEALTHCHECK of the images: 0 when /health answers 200. A slim image has neither curl nor wget.
try {
  const response = await fetch(`http://127.0.0.1:${process.env.PORT}/health`, {
    signal: AbortSignal.timeout(2_000),
  });
  process.exitCode = response.status === 200 ? 0 : 1;
} catch {
  process.exitCode = 1;
}
