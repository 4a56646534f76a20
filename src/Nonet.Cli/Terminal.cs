using System.Text;
using Nonet.Inference;

namespace Nonet.Cli;

/// <summary>Where a verb reads and writes: results on <see cref="Out"/>, progress and errors on <see cref="Error"/>.</summary>
/// <param name="In">Standard input; throws for bytes that are not UTF-8.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error)
{
    /// <summary>Somebody reads <see cref="Out"/> on a screen, which obeys control characters.</summary>
    public bool OutIsScreen { get; init; }

    /// <summary><see cref="Error"/> is a screen, on which a line can be written over.</summary>
    public bool ErrorIsScreen { get; init; }

    public static Terminal Standard()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = utf8;
        return new Terminal(new StreamReader(Console.OpenStandardInput(), utf8, detectEncodingFromByteOrderMarks: false), Console.Out, Console.Error)
        {
            OutIsScreen = !Console.IsOutputRedirected,
            ErrorIsScreen = !Console.IsErrorRedirected,
        };
    }

    /// <summary>Opens a model, and tells on <see cref="Error"/> what does not fit together in its files.</summary>
    public OpenModel Open(string path, int? threads, string? adapter = null)
    {
        var open = new OpenModel(path, threads, adapter);
        foreach (var warning in open.File.Warnings)
            Error.WriteLine($"warning: {warning}");
        return open;
    }

    /// <summary>All of standard input as one text.</summary>
    public string ReadAll()
    {
        try
        {
            return In.ReadToEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"standard input: bytes that are not UTF-8 ({e.Message}); expected text", e);
        }
    }

    /// <summary>Standard input line by line.</summary>
    public IEnumerable<string> ReadLines()
    {
        for (var line = 1; Next(line) is { } text; line++)
            yield return text;
    }

    string? Next(int line)
    {
        try
        {
            return In.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"standard input, about line {line}: bytes that are not UTF-8 ({e.Message}); expected text", e);
        }
    }
}
