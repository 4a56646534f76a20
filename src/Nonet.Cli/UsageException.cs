namespace Nonet.Cli;

/// <summary>Options that do not go together: exit code 2.</summary>
sealed class UsageException(string message) : Exception(message);
