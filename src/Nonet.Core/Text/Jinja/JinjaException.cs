namespace Nonet.Text.Jinja;

/// <summary>
/// A template cannot be parsed or rendered. The message says which template, at which line, what was found and what was expected.
/// </summary>
public sealed class JinjaException(string template, int line, string message) : Exception($"{template}:{line}: {Shortened(message)}")
{
    const int Longest = 2000;

    /// <summary>Name of the template.</summary>
    public string Template { get; } = template;

    /// <summary>Line of the error, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Shortens a message: templates choose its text, which may be very long.</summary>
    static string Shortened(string message) => message.Length <= Longest ? message : message[..(Longest - 3)] + "...";
}
