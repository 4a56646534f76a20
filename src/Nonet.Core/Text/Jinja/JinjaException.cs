namespace Nonet.Text.Jinja;

/// <summary>A template that cannot be read or rendered: which one, at which line, what was found and what was expected.</summary>
public sealed class JinjaException(string template, int line, string message) : Exception($"{template}:{line}: {Shortened(message)}")
{
    const int Longest = 2000;

    public string Template { get; } = template;
    public int Line { get; } = line;

    /// <summary>A template chooses its messages' texts: they may be very long.</summary>
    static string Shortened(string message) => message.Length <= Longest ? message : message[..(Longest - 3)] + "...";
}
