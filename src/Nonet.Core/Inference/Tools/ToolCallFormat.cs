using System.Security.Cryptography;
using System.Text;
using Nonet.Inference.Tools.Formats;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>
/// The format in which a family of models writes tool calls: blocks of Begin Call (Separator Call)* End. One definition gives the grammar that constrains a
/// call, the reader that finds calls in a stream, and the writer of calls in a conversation.
/// </summary>
public abstract class ToolCallFormat
{
    const int IdLength = 9; // Mistral's templates accept no other length

    const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private protected ToolCallFormat()
    {
    }

    /// <summary>All formats, in the order in which <see cref="Of"/> tries them. The last one is for models without a format of their own.</summary>
    public static IReadOnlyList<ToolCallFormat> All { get; } =
    [
        new MistralArgumentsFormat(), new MistralFormat(), new GraniteFormat(), new DeepSeekFormat(), new DeepSeekArgumentsFormat(), new QwenCoderFormat(),
        new GlmFormat(), new HermesFormat(), new LlamaFormat(), new PlainFormat(),
    ];

    /// <summary>Name of the format, such as hermes.</summary>
    public abstract string Name { get; }

    internal abstract IReadOnlyList<ToolCallPart> Begin { get; }

    internal abstract IReadOnlyList<ToolCallPart> Call { get; }

    /// <summary>Separator between calls of one block; null: a block has one call.</summary>
    internal virtual IReadOnlyList<ToolCallPart>? Separator => null;

    internal virtual IReadOnlyList<ToolCallPart> End => [];

    /// <summary>Whether a reply may have several blocks.</summary>
    internal virtual bool Repeats => false;

    /// <summary>Whether calls are possible only at the beginning of a reply, instead of text. They then need no mark.</summary>
    internal virtual bool OnlyAtStart => false;

    /// <summary>The text that begins a block; null: <see cref="OnlyAtStart"/>.</summary>
    internal string? Trigger => OnlyAtStart ? null : Begin[0].Text;

    /// <summary>Whether a model with this chat template writes its calls in this format.</summary>
    internal abstract bool IsOf(ChatTemplate template);

    /// <summary>The call format of a model with this chat template; null: a model without a chat template.</summary>
    public static ToolCallFormat Of(ChatTemplate? template) => template is null ? All[^1] : All.First(format => format.IsOf(template));

    /// <summary>Writes calls in this format.</summary>
    public string Write(IReadOnlyList<ChatToolCall> calls)
    {
        var text = new StringBuilder();
        for (var i = 0; i < calls.Count; i++)
        {
            var (begins, ends) = (i == 0 || Separator is null, i == calls.Count - 1 || Separator is null);
            if (i > 0 && Repeats)
                text.Append('\n');
            foreach (var part in (ToolCallPart[])[.. begins ? Begin : Separator!, .. Call, .. ends ? End : []])
                ToolCallWriter.Append(text, part, calls[i]);
        }
        return text.ToString();
    }

    /// <summary>Splits a whole reply into its text and its calls. Text that only looks like a call stays text.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="tools">
    /// The tools that it may call. If a format writes strings without quotes, their schemas distinguish strings from other values. Null: a value that is valid
    /// JSON is read as JSON.
    /// </param>
    public (string Text, IReadOnlyList<ChatToolCall> Calls) Read(string reply, IReadOnlyList<ChatTool>? tools = null)
    {
        var reader = new ReplyReader(this, Thinking.None, tools);
        var (text, calls) = (new StringBuilder(), new List<ChatToolCall>());
        foreach (var piece in reader.Add(reply).Concat(reader.Finish()))
        {
            text.Append(piece.Text);
            if (piece.Call is not null)
                calls.Add(piece.Call);
        }
        return (text.Append(reader.Incomplete).ToString(), calls);
    }

    /// <summary>Creates an id for a call without one: nine letters and digits.</summary>
    public static string CreateId() => RandomNumberGenerator.GetString(IdCharacters, IdLength);

    /// <summary>Converts an id to the form that the templates of this format accept.</summary>
    internal virtual string IdFor(string id) => id;

    /// <summary>Converts an id to nine letters and digits. Equal ids give equal results.</summary>
    private protected static string ShortId(string id)
    {
        if (id.Length == IdLength && id.All(char.IsAsciiLetterOrDigit))
            return id;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Create(IdLength, hash, static (text, hash) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = IdCharacters[hash[i] % IdCharacters.Length];
        });
    }

    /// <summary>Throws if the name of a tool is invalid or not unique.</summary>
    internal static void Check(IReadOnlyList<ChatTool> tools)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            if (tool.Name.Length == 0 || tool.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or ':' or '/')))
                throw new ArgumentException($"a tool is named '{tool.Name}'; expected letters, digits, and _ - . : /");
            if (!names.Add(tool.Name))
                throw new ArgumentException($"two tools are named {tool.Name}; expected another name for one of them");
        }
    }
}
