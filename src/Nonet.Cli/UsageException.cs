namespace Nonet.Cli;

/// <summary>Invalid options or arguments. The exit code is 2.</summary>
sealed class UsageException(string message) : Exception(message);
