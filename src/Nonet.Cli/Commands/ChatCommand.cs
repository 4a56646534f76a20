using System.CommandLine;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Cli.Commands;

/// <summary>Talks with a model, line by line.</summary>
sealed class ChatCommand : Command
{
    /// <summary>For models that were trained on plain text.</summary>
    const string Plain = """
        {%- for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}
        {% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}
        """;

    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Option<string?> system = new("--system") { Description = "What the model is told first.", HelpName = "TEXT" };
    readonly Option<string?> template = new("--template") { Description = "A Jinja file instead of the model's own template.", HelpName = "FILE" };
    readonly SamplingFlags sampling = new();

    public ChatCommand(Terminal terminal) : base("chat", "Talk with a model: a line of input is a turn; /reset begins anew, /exit ends.")
    {
        this.terminal = terminal;
        Add(model);
        foreach (var option in new Option[] { adapter, system, template })
            Add(option);
        sampling.AddTo(this);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = new OpenModel(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var tokenizer = open.LoadTokenizer();
        var chat = ChatTemplate.Load(open.FolderPath);
        if (parsed.GetValue(template) is { } file)
            chat = chat?.With(File.ReadAllText(file), file) ?? ChatTemplate.Parse(File.ReadAllText(file), name: file);
        var plain = false;
        if (chat is null)
        {
            terminal.Error.WriteLine("this model has no chat template: turns are laid out plainly, as \"User: ...\" and \"Assistant: ...\"; --template FILE takes another layout");
            (chat, plain) = (ChatTemplate.Parse(Plain), true);
        }
        var writer = new TextGenerator(open.Model, tokenizer);
        var options = sampling.Read(parsed, open.File.Defaults);
        if (plain)
            options = options with { StopTexts = [.. options.StopTexts, "\nUser:"] };
        var first = parsed.GetValue(system) is { } told ? new[] { ChatMessage.System(told) } : [];
        List<ChatMessage> messages = [.. first];
        while (!stopping.IsCancellationRequested)
        {
            terminal.Error.Write(terminal.ErrorIsScreen ? "> " : "");
            var line = await Task.Run(terminal.In.ReadLine, CancellationToken.None).WaitAsync(stopping).ContinueWith(t => t.IsCompletedSuccessfully ? t.Result : null, TaskScheduler.Default);
            if (line is null or "/exit")
                break;
            if (line == "/reset")
            {
                messages = [.. first];
                continue;
            }
            if (line.Length == 0)
                continue;
            messages.Add(ChatMessage.User(line));
            var ids = Fitting(chat, tokenizer, messages, first.Length, open.Decoder);
            var answer = new System.Text.StringBuilder();
            try
            {
                await foreach (var piece in writer.Stream(ids, options, stopping))
                {
                    answer.Append(piece.Text);
                    terminal.Text.Write(piece.Text);
                    terminal.Text.Flush();
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            terminal.Text.WriteLine();
            messages.Add(ChatMessage.Assistant(answer.ToString().Trim()));
        }
        return stopping.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
    }

    /// <summary>The conversation's ids; where it fills more than three quarters of the context, its oldest turns are dropped, in pairs.</summary>
    int[] Fitting(ChatTemplate chat, Tokenizer tokenizer, List<ChatMessage> messages, int kept, ICausalModel decoder)
    {
        while (true)
        {
            var ids = tokenizer.Encode(chat.Render(messages), marks: false);
            if (ids.Length <= decoder.Context * 3 / 4 || (messages.Count <= kept + 1 && ids.Length < decoder.Context))
                return ids;
            if (messages.Count < kept + 3)
                throw new InvalidDataException($"this turn takes {ids.Length} tokens; the model's context is {decoder.Context}");
            messages.RemoveRange(kept, 2);
            terminal.Error.WriteLine("(the oldest turn is forgotten: the model's context is full)");
        }
    }
}
