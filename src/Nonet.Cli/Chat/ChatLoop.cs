using System.Diagnostics;
using System.Globalization;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Text.Chat;

namespace Nonet.Cli.Chat;

/// <summary>Reads turns and commands, writes answers to standard output and everything else to standard error.</summary>
sealed class ChatLoop(Terminal terminal, Conversation conversation, ChatSettings settings, ConversationTools? tools = null)
{
    const string Help = """
        a line is a turn; one that ends with \ goes on in the next
        /help               shows this
        /clear              forgets all turns
        /undo               takes the last turn and its answer back
        /retry              answers the last turn anew
        /system [TEXT]      tells the model something first; without a text, nothing
        /set [NAME VALUE]   changes a setting, such as /set temperature 0.7; alone, shows them
        /save FILE          writes the conversation as JSON
        /load FILE          goes on with a conversation that /save wrote
        /exit               ends, as the end of the input and Ctrl-C at the prompt do
        Ctrl-C              stops an answer
        """;

    readonly Lock gate = new();
    CancellationTokenSource? answering;
    string? last; // turn, for /retry after a cancelled answer
    ulong answers;
    bool isInLine; // whether the last line on the screen is unfinished

    /// <summary>Stops the current answer. False if there is none, or if it was stopped already.</summary>
    public bool StopAnswer()
    {
        lock (gate)
        {
            if (answering is null || answering.IsCancellationRequested)
                return false;
            answering.Cancel();
            return true;
        }
    }

    public async Task Run(CancellationToken stopping)
    {
        while (await Read(stopping) is { } line)
        {
            try
            {
                if (line is "/exit" or "/quit")
                    return;
                if (line.StartsWith('/'))
                    await Obey(line, stopping);
                else if (!string.IsNullOrWhiteSpace(line))
                    await Answer(line, stopping);
            }
            catch (Exception e) when (e is UsageException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Report(e is UsageException ? Printable.Line(e.Message) : ErrorLine.Of(e)); // the conversation goes on
            }
        }
    }

    /// <summary>Reads a turn or command; null at the end of the input.</summary>
    async Task<string?> Read(CancellationToken stopping)
    {
        var text = "";
        while (true)
        {
            if (terminal.ErrorIsScreen)
                terminal.Error.Write(text.Length == 0 ? "> " : "| ");
            var line = await Task.Run(terminal.In.ReadLine, CancellationToken.None).WaitAsync(stopping);
            if (line is null)
            {
                if (terminal.ErrorIsScreen)
                    terminal.Error.WriteLine();
                return text.Length == 0 ? null : text;
            }
            if (!line.EndsWith('\\'))
                return text + line;
            text += line[..^1] + "\n";
        }
    }

    async Task Obey(string line, CancellationToken stopping)
    {
        var name = line.Split(' ', 2)[0];
        var rest = line[name.Length..].Trim();
        switch (name)
        {
            case "/help":
                foreach (var text in Help.Split('\n'))
                    terminal.Error.WriteLine(text.TrimEnd());
                break;
            case "/clear" or "/reset":
                conversation.Clear();
                Report("all turns are forgotten");
                break;
            case "/undo":
                Report(conversation.Undo() is { } taken ? $"taken back: {Printable.Line(taken)}" : "there is no turn to take back");
                break;
            case "/retry":
                if ((conversation.Undo() ?? last) is not { } again)
                    throw new UsageException("there is no turn to answer again");
                await Answer(again, stopping);
                break;
            case "/system":
                conversation.System = rest.Length == 0 ? null : rest;
                Report(rest.Length == 0 ? "no system message" : "the system message applies from the next turn on");
                break;
            case "/set":
                Set(rest);
                break;
            case "/save":
                conversation.Save(FileOf(name, rest));
                Report($"saved {Counted.Of(conversation.Messages.Count, "message")} to {rest}");
                break;
            case "/load":
                conversation.Load(FileOf(name, rest));
                Report($"loaded {Counted.Of(conversation.Messages.Count, "message")} from {rest}");
                break;
            default:
                throw new UsageException($"there is no command {name}: /help shows them; a turn that begins with / needs a space before it");
        }
    }

    void Set(string rest)
    {
        if (rest.Length == 0)
        {
            Report(settings.Given.Any() ? string.Join(", ", settings.Given) : "all settings are the model's own");
            Report($"settings: {string.Join(", ", settings.Names)}");
            return;
        }
        if (rest.Split(' ', 2, StringSplitOptions.TrimEntries) is not [var name, var value])
            throw new UsageException("/set needs a name and a value, such as /set temperature 0.7");
        settings.Set(name, value);
        conversation.Defaults = settings.Options;
        Report($"{name} is {value} from the next answer on");
    }

    static string FileOf(string command, string rest) => rest.Length > 0 ? rest : throw new UsageException($"{command} needs the name of a file");

    async Task Answer(string turn, CancellationToken stopping)
    {
        last = turn;
        var forgotten = conversation.Forgotten;
        var options = settings.Options;
        options = options with { Sampler = options.Sampler with { Seed = options.Sampler.Seed + answers++ } }; // so that /retry gives another answer
        var watch = Stopwatch.StartNew();
        var (tokens, first, stop) = (0, TimeSpan.Zero, default(StopReason?));
        using var source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        lock (gate)
            answering = source;
        try
        {
            if (tools is null)
            {
                await foreach (var token in conversation.Send(turn, options, source.Token))
                {
                    Begin(++tokens);
                    Show(token.Text);
                    stop = token.Stop;
                }
            }
            else
            {
                await foreach (var piece in conversation.Send(turn, tools, options, source.Token))
                {
                    Begin(tokens = conversation.Usage.NewTokens);
                    Show(piece.Text);
                    stop = piece.Stop;
                    if (piece.Call is { } call)
                        ReportCall(call, piece.Result);
                    if (piece.IncompleteCall.Length > 0)
                        Report($"the answer ended before a call was complete: {Printable.Line(piece.IncompleteCall)}");
                }
            }
            EndLine();
            var speed = tokens < 2 ? ""
                : string.Create(CultureInfo.InvariantCulture, $", {(tokens - 1) / Math.Max(1e-9, (watch.Elapsed - first).TotalSeconds):0.0} tokens/s");
            Report(string.Create(CultureInfo.InvariantCulture,
                $"{Counted.Of(tokens, "token")}{speed}, the first after {first.TotalSeconds:0.00} s; {conversation.Usage.Total:N0} of "
                + $"{conversation.Context:N0} tokens of context{Ended(stop)}"));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            EndLine();
            Report("stopped; the turn is not kept, /retry answers it again");
        }
        finally
        {
            lock (gate)
                answering = null;
        }

        void Begin(int written)
        {
            if (first == TimeSpan.Zero && written > 0)
                first = watch.Elapsed;
            if (conversation.Forgotten > forgotten)
                Report($"the oldest {Counted.Of(conversation.Forgotten - forgotten, "message")} forgotten: the model's context is full");
            forgotten = conversation.Forgotten;
        }
    }

    void Show(string text)
    {
        terminal.Text.Write(text);
        terminal.Text.Flush();
        isInLine = text.Length == 0 ? isInLine : !text.EndsWith('\n');
    }

    void EndLine()
    {
        terminal.Text.WriteLine();
        isInLine = false;
    }

    void ReportCall(ChatToolCall call, CallResult? result)
    {
        if (isInLine && terminal.OutIsScreen)
            EndLine(); // the call begins a new line on a screen; a pipe does not contain it
        Report(result is null ? $"calls {call.Name} {Printable.Line(call.Arguments.GetRawText())}"
            : $"{call.Name}{(result.Error is null ? "" : " failed")}: {Printable.Line(result.Error ?? result.Text)}");
    }

    static string Ended(StopReason? stop) => stop switch
    {
        StopReason.ContextFull => "; the answer ended because the context is full: /clear forgets all turns, /undo the last",
        StopReason.MaxTokens => "; the answer ended at the most tokens: /set max-tokens N",
        _ => "",
    };

    void Report(string text) => terminal.Error.WriteLine($"({text})");
}
