using System.CommandLine;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Text.Chat;

namespace Nonet.Cli.Commands;

/// <summary>Talks with a model, line by line.</summary>
sealed class ChatCommand : Command
{
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
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var tokenizer = open.LoadTokenizer();
        var chat = ChatTemplate.Load(open.FolderPath);
        if (parsed.GetValue(template) is { } file)
            chat = chat?.With(File.ReadAllText(file), file) ?? ChatTemplate.Parse(File.ReadAllText(file), name: file);
        if (chat is null)
            terminal.Error.WriteLine("this model has no chat template: turns are laid out plainly, as \"User: ...\" and \"Assistant: ...\"; --template FILE takes another layout");
        var options = sampling.Read(parsed, open.File.Defaults, tokenizer);
        using var engine = new DecodingEngine(open.Decoder, tokenizer);
        var conversation = new Conversation(engine, tokenizer, chat, options, parsed.GetValue(system));
        while (!stopping.IsCancellationRequested)
        {
            terminal.Error.Write(terminal.ErrorIsScreen ? "> " : "");
            var line = await Task.Run(terminal.In.ReadLine, CancellationToken.None).WaitAsync(stopping).ContinueWith(t => t.IsCompletedSuccessfully ? t.Result : null, TaskScheduler.Default);
            if (line is null or "/exit")
                break;
            if (line == "/reset")
            {
                conversation.Clear();
                continue;
            }
            if (line.Length == 0)
                continue;
            var forgotten = conversation.Forgotten;
            try
            {
                await foreach (var piece in conversation.Send(line, cancellationToken: stopping))
                {
                    if (conversation.Forgotten > forgotten)
                        terminal.Error.WriteLine($"(the oldest {conversation.Forgotten - forgotten} messages are forgotten: the model's context is full)");
                    forgotten = conversation.Forgotten;
                    terminal.Text.Write(piece.Text);
                    terminal.Text.Flush();
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            terminal.Text.WriteLine();
        }
        return stopping.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
    }
}
