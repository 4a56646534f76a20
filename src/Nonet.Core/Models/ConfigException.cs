namespace Nonet.Models;

/// <summary>A model configuration that makes no model: names the field, what it holds and what it must hold.</summary>
public sealed class ConfigException(string message) : ArgumentException(message);
