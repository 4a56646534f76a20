using System.CommandLine;
using Nonet.Cli.Chat;
using Nonet.Cli.Tools;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Text.Chat;
using Nonet.ToolUse;

namespace Nonet.Cli.Commands;

/// <summary>Chats with a model, line by line.</summary>
sealed class ChatCommand : Command, IInterruptible
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Option<string?> system = new("--system") { Description = "System message of the conversation.", HelpName = "TEXT" };
    readonly Option<string?> template = new("--template") { Description = "A Jinja file instead of the model's own template.", HelpName = "FILE" };
    readonly Option<bool> dropOldest =
        new("--drop-oldest") { Description = "Forget the oldest turns when the context is nearly full; otherwise a turn that does not fit is refused." };
    readonly SamplingFlags sampling = new();
    readonly EngineFlags engineFlags = new();
    readonly ToolFlags toolFlags = new();
    ChatLoop? loop;

    /// <summary>Maximum number of characters in a tool's result. In a chat, results such as web pages may be longer than inside a text.</summary>
    const int LongestResult = 4000;

    public ChatCommand(Terminal terminal) : base("chat", "Talk with a model: a line of input is a turn; /help shows the commands.")
    {
        this.terminal = terminal;
        Add(model);
        foreach (var option in new Option[] { adapter, system, template, dropOldest })
            Add(option);
        sampling.AddTo(this);
        engineFlags.AddTo(this);
        toolFlags.AddTo(this);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var tokenizer = open.LoadTokenizer();
        var chat = open.LoadChatTemplate();
        if (parsed.GetValue(template) is { } file)
            chat = chat?.With(File.ReadAllText(file), file) ?? ChatTemplate.Parse(File.ReadAllText(file), name: file);
        if (chat is null)
            terminal.Error.WriteLine(
                "this model has no chat template: turns are laid out plainly, as \"User: ...\" and \"Assistant: ...\"; --template FILE takes another layout");
        using var draft = engineFlags.OpenDraft(parsed, terminal, open, tokenizer);
        using var engine = new DecodingEngine(open.Decoder, tokenizer, engineFlags.Read(parsed, draft));
        var settings = new ChatSettings(open.File.Defaults, tokenizer, parsed);
        var conversation = new Conversation(engine, tokenizer, chat, settings.Options, parsed.GetValue(system)) { DropsOldest = parsed.GetValue(dropOldest) };
        await using var tools = await toolFlags.Open(parsed, device, stopping);
        var functions = toolFlags.AreGiven(parsed)
            ? ToolRunner.ForFunctionCalls(tools.Tools, tokenizer, toolFlags.Limits(parsed, LongestResult)).ForConversation() : null;
        loop = new ChatLoop(terminal, conversation, settings, functions);
        if (terminal.ErrorIsScreen)
            terminal.Error.WriteLine("(a line is a turn; /help shows the commands)");
        await loop.Run(stopping);
        return ExitCode.Done;
    }

    /// <summary>Ctrl-C stops an answer; a second one, or one at the prompt, ends the program.</summary>
    public bool Interrupt() => loop?.StopAnswer() ?? false;
}
