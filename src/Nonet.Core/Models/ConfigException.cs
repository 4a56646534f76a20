namespace Nonet.Models;

/// <summary>An invalid model configuration. The message names the field, its value and the expected values.</summary>
public sealed class ConfigException(string message) : ArgumentException(message);
