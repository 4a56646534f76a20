using System.CommandLine;
using System.Text;
using Nonet.Checkpoints;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Shows the tokens of a text.</summary>
sealed class TokenizeCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model =
        new("MODEL") { Description = "A model, a folder with a tokenizer, or a tokenizer file such as tokenizer.model or a .gguf vocabulary." };
    readonly Argument<string> text = new("TEXT") { Description = "The text; - reads all of standard input as one text.", DefaultValueFactory = _ => "-" };
    readonly Option<bool> ids = new("--ids") { Description = "Print only the ids, separated by commas, on one line." };
    readonly Option<bool> noSpecial = new("--no-special") { Description = "Add no special tokens, and treat special tokens in the text as plain text." };

    public TokenizeCommand(Terminal terminal) : base("tokenize", "Show the id, bytes and text of each token of a text.")
    {
        this.terminal = terminal;
        Add(model);
        Add(text);
        Add(ids);
        Add(noSpecial);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var tokenizer = Load(parsed.GetRequiredValue(model));
        var given = parsed.GetRequiredValue(text) is var typed && typed == "-" ? terminal.ReadAll() : typed;
        var tokens = parsed.GetValue(noSpecial) ? tokenizer.EncodePlain(given) : tokenizer.Encode(given);
        if (parsed.GetValue(ids))
        {
            terminal.Out.WriteLine(string.Join(',', tokens));
            return ExitCode.Done;
        }
        foreach (var id in tokens)
        {
            var bytes = tokenizer.BytesOf(id);
            terminal.Out.WriteLine($"{id,8}  {Convert.ToHexStringLower(bytes),-16}  {Shown(bytes)}");
        }
        return ExitCode.Done;
    }

    /// <summary>The tokenizer of a MODEL, or of a folder that contains only a tokenizer.</summary>
    public static Tokenizer Load(string path) => Tokenizer.IsIn(path) ? Tokenizer.Load(path) : ModelFile.Open(path).LoadTokenizer();

    /// <summary>The text of bytes in quotation marks, with escapes for control characters and for bytes that are not a complete character.</summary>
    static string Shown(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder("\"");
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var read);
            if (status != System.Buffers.OperationStatus.Done)
                shown.Append($"\\x{bytes[0]:x2}");
            else if (rune.Value is '"' or '\\')
                shown.Append('\\').Append(rune);
            else
                shown.Append(rune.Value == '\n' ? "\\n" : rune.Value == '\t' ? "\\t" : Rune.IsControl(rune) ? $"\\x{rune.Value:x2}" : rune.ToString());
            bytes = bytes[(status == System.Buffers.OperationStatus.Done ? read : 1)..];
        }
        return shown.Append('"').ToString();
    }
}
