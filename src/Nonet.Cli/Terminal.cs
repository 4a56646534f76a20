using System.Text;
using Nonet.Checkpoints;
using Nonet.Cli.Screen;
using Nonet.Tensors;
using Spectre.Console;

namespace Nonet.Cli;

/// <summary>
/// Standard input, output and error of a verb. Reports go to <see cref="Out"/>, text of a model to <see cref="Text"/>, progress and errors to
/// <see cref="Error"/>. Characters that control a terminal are escaped; only <see cref="Text"/> is written unchanged if its output is not a screen.
/// </summary>
sealed class Terminal
{
    readonly TextWriter? marks; // a screen that supports control sequences

    /// <param name="input">Standard input; throws for bytes that are not UTF-8.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="outIsScreen">Whether standard output is a screen.</param>
    /// <param name="errorIsScreen">Whether standard error is a screen.</param>
    /// <param name="width">Returns the number of columns of a screen that supports a status line; null if there is none.</param>
    public Terminal(TextReader input, TextWriter output, TextWriter error, bool outIsScreen = false, bool errorIsScreen = false, Func<int>? width = null)
    {
        (In, OutIsScreen, ErrorIsScreen) = (input, outIsScreen, errorIsScreen);
        Status = width is null ? null : new StatusLine(error, width);
        Width = width ?? Columns;
        Out = new EscapingWriter(output);
        marks = outIsScreen && errorIsScreen && width is not null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? output : null;
        Text = outIsScreen ? Out : output;
        Error = new EscapingWriter(error, Status);
    }

    public TextReader In { get; }
    public TextWriter Out { get; }
    public TextWriter Text { get; }
    public TextWriter Error { get; }

    /// <summary>Whether standard output is a screen.</summary>
    public bool OutIsScreen { get; }

    /// <summary>Whether standard error is a screen.</summary>
    public bool ErrorIsScreen { get; }

    /// <summary>Returns the current number of columns of the screen.</summary>
    public Func<int> Width { get; }

    /// <summary>The status line on standard error; null if the screen does not support one.</summary>
    public StatusLine? Status { get; }

    public static Terminal Standard()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = utf8;
        var isScreen = !Console.IsErrorRedirected;
        return new Terminal(
            new StreamReader(Console.OpenStandardInput(), utf8, detectEncodingFromByteOrderMarks: false), Writer(StandardStream.Output()),
            Writer(StandardStream.Error()),
            !Console.IsOutputRedirected, isScreen, isScreen && ObeysControls() ? Columns : null);
    }

    static TextWriter Writer(Stream stream) => TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true });

    /// <summary>Whether the terminal supports control sequences, according to TERM or to Windows.</summary>
    static bool ObeysControls() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Profile.Capabilities.Ansi;

    static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 0 and var columns ? columns : 80;
        }
        catch (IOException) // the terminal was closed
        {
            return 80;
        }
    }

    /// <summary>Writes highlighted text to <see cref="Out"/>: green on a screen (unless NO_COLOR is set), otherwise between ⟦ and ⟧.</summary>
    public void WriteMarked(string text)
    {
        if (marks is null)
            Out.Write($"⟦{text}⟧");
        else
            marks.Write($"\e[1;32m{Printable.Of(text)}\e[0m");
    }

    /// <summary>Opens a model, and reports inconsistencies in its files on <see cref="Error"/>.</summary>
    public LoadedModel Open(string path, Device device, string? adapter = null, bool prepare = true)
    {
        var open = new LoadedModel(path, device, adapter, prepare);
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
