namespace Nonet.ToolUse.Calls;

/// <summary>A call of a tool.</summary>
/// <param name="Tool">Name of the tool.</param>
/// <param name="Input">The text between the parentheses.</param>
public sealed record ToolCall(string Tool, string Input)
{
    internal const int LongestName = 64;

    /// <summary>The call as it is written in a text: <c>name(input)</c>.</summary>
    public override string ToString() => $"{Tool}({Input})";

    /// <summary>Whether a text is a valid name of a tool.</summary>
    internal static bool IsName(string text) => text.Length is > 0 and <= LongestName && NameLength(text) == text.Length;

    /// <summary>Number of characters at the beginning of a text that can be a name; above <see cref="LongestName"/> if the name is too long.</summary>
    internal static int NameLength(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || !char.IsAsciiLetter(text[0]))
            return 0;
        var length = 1;
        while (length < text.Length && length <= LongestName && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '_' or '-'))
            length++;
        return length;
    }
}
