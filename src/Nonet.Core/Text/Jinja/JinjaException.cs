namespace Nonet.Text.Jinja;

/// <summary>A template that cannot be read or rendered: which one, at which line, what was found and what was expected.</summary>
public sealed class JinjaException(string template, int line, string message) : Exception($"{template}:{line}: {message}")
{
    public string Template { get; } = template;
    public int Line { get; } = line;
}
