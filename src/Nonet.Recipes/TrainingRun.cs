using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// The bookkeeping of a training loop: state of the run, updates of the weights, due evaluations and checkpoints, reports, rollbacks after
/// a divergence, and the end of the run. The loop with its batches and its loss stays in the recipe: see <see cref="Pretrain"/>.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    /// <summary>Maximum number of rollbacks to the same checkpoint.</summary>
    const int MostRollbacks = 3;

    readonly TrainingOptions options;
    readonly RunOptions where;
    readonly ParameterStore parameters;
    readonly Tokenizer tokenizer;
    readonly PeftAdapter? adapter;
    readonly ModelSettings? settings;
    readonly IProgress<RunEvent>? progress;
    readonly RunFolder folder;
    readonly Optimizer optimizer;
    readonly Ema? ema;
    readonly UpdateStep update;
    readonly RunExtension? extension;
    readonly Meter meter = new();
    readonly Stopwatch reading = new();
    string? checkpoint, stopgap;
    (int Step, int? Best) saved;
    int rollbacks;

    /// <summary>
    /// Opens the run folder, fills the parameters and creates the optimiser. The parameters come from the checkpoint to resume from,
    /// otherwise from <paramref name="start"/>, otherwise they are random.
    /// </summary>
    /// <param name="options">Optimiser, schedule, evaluations and checkpoints. Their model is the one that declared the parameters.</param>
    /// <param name="parameters">Parameters that the model declared, not filled yet.</param>
    /// <param name="tokenizer">Tokenizer that is saved with every checkpoint.</param>
    /// <param name="where">Folder and reports.</param>
    /// <param name="progress">Receives all events.</param>
    /// <param name="data">Identity of the data: a run can be resumed only on the same data. Null: not checked.</param>
    /// <param name="start">Initial weights; null: random.</param>
    /// <param name="adapter">Adapter that is attached to the model, which is frozen and has initial weights; null: none.</param>
    /// <param name="unit">Unit of the training loss.</param>
    /// <param name="settings">
    /// End tokens, generation settings and chat templates that are saved with every checkpoint; null: those that follow from the tokenizer.
    /// </param>
    public TrainingRun(
        TrainingOptions options, ParameterStore parameters, Tokenizer tokenizer, RunOptions where, IProgress<RunEvent>? progress = null,
        JsonObject? data = null, IWeightSource? start = null,
        PeftAdapter? adapter = null, string unit = LossUnit.NatsPerToken, ModelSettings? settings = null)
    {
        options.Check();
        (this.options, this.where, this.parameters, this.tokenizer, this.progress, this.adapter, this.settings) =
            (options, where, parameters, tokenizer, progress, adapter, settings);
        var recorded = options.ToJson();
        foreach (var (name, value) in data ?? [])
            recorded[name] = value?.DeepClone();
        JsonObject Completed(JsonObject earlier, string file) => RecordedOptions.Completed(earlier, recorded, options, file);
        folder = RunFolder.Open(where, recorded, $"{options.Model.Kind}, {options.Model.Outline}, context {options.Model.MaxLength}", parameters.Count, unit,
            options.LengthKeys, Completed);
        try
        {
            var last = where.Resume && folder.Checkpoints.Last is { } path ? Checkpoint.Open(path) : null;
            if (last is not null)
                (last.State with { Options = Completed(last.State.Options, last.FullPath) }).CheckOptions(recorded, last.FullPath, options.LengthKeys);
            parameters.FillForTraining(options.Seed, last is null ? start : adapter is null ? last.Weights : last.WeightsWith(adapter, options.Model, start!));
            optimizer = options.OptimizerOf(parameters);
            ema = optimizer as Ema;
            if (last is not null)
                Restore(last);
            State = last is null ? new TrainingState { Step = 0, Batches = 0, Seed = options.Seed, Options = recorded }
                : RunExtension.Resumed(last.State, options, recorded, folder.FullPath);
            extension = last is null ? null : RunExtension.Of(last.State, options, State.Join);
            update = new UpdateStep(parameters, optimizer, options.Rates) { Clip = options.Clip, Spike = options.Spike, Join = State.Join };
            update.Spike?.Restore(State.RecentLosses);
            ResumedFrom = last?.FullPath;
            (checkpoint, saved) = (last?.FullPath, (last is null ? -1 : State.Step, State.Best?.Step));
            stopgap = Step > 0 && Step % options.SaveEvery != 0 && State.Best?.Step != Step ? checkpoint : null;
            folder.Accept(recorded, where.RecipeText);
        }
        catch
        {
            folder.Discard();
            throw;
        }
    }

    /// <summary>State of the run.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Number of updates so far.</summary>
    public int Step => State.Step;

    /// <summary>Writes further files into the folder of every checkpoint, such as a critic; null: none.</summary>
    public Action<string>? AlsoSave { get; set; }

    /// <summary>Folder of the checkpoint that the run was resumed from; null for a new run.</summary>
    public string? ResumedFrom { get; }

    /// <summary>Whether the run has another update.</summary>
    public bool HasNext => Step < options.Steps;

    /// <summary>Absolute path of the run folder.</summary>
    public string FullPath => folder.FullPath;

    /// <summary>Checkpoints of the run.</summary>
    public CheckpointFolder Checkpoints => folder.Checkpoints;

    /// <summary>
    /// Whether an evaluation is due: <see cref="TrainingOptions.EvaluateEvery"/> steps have passed, or the run is at its last step, and
    /// this step has not been evaluated yet.
    /// </summary>
    public bool NeedsEvaluation => Step > 0 && IsDue(options.EvaluateEvery) && EvaluatedNow is null;

    /// <summary>
    /// Whether a checkpoint is due: <see cref="TrainingOptions.SaveEvery"/> steps have passed, or the run is at its last step, or this step
    /// had the best evaluation so far.
    /// </summary>
    public bool NeedsCheckpoint => Step > 0 && (IsDue(options.SaveEvery) || State.Best?.Step == Step) && saved != (Step, State.Best?.Step);

    /// <summary>Whether a sample is due.</summary>
    public bool NeedsSample => where.SampleEvery is { } every && IsDue(every) && !folder.History.Samples.Exists(s => s.Step == Step);

    Evaluated? EvaluatedNow => folder.History.Evaluations.FindLast(e => e.Step == Step);

    /// <summary>True every <paramref name="every"/> steps, and at the last step.</summary>
    public bool IsDue(int every) => Step % every == 0 || Step == options.Steps;

    /// <summary>Records in the run folder that the run starts or continues.</summary>
    /// <param name="work">Description of an update.</param>
    public void Begin(string work)
    {
        folder.Begin(Step, options.Steps);
        Notify("training",
            string.Create(CultureInfo.InvariantCulture, $"{parameters.Count:N0} weights, {options.Steps:N0} steps of {work}, {parameters.Device.Description}"));
        if (where.Resume)
            Notify("resumed", string.Create(CultureInfo.InvariantCulture, $"{folder.FullPath}, from step {Step:N0} of {options.Steps:N0}"));
        if (extension is not null)
            Notify("extended", extension.Description);
    }

    /// <summary>Starts the clock of the next update.</summary>
    public void BeginUpdate() => meter.Start();

    /// <summary>Number of a micro-batch of the next update, in the order of the run's batches.</summary>
    public long BatchOf(int part) => State.Batches + part;

    /// <summary>Random stream of a micro-batch of the next update.</summary>
    public RandomKey KeyOf(int part) => new(options.Seed, (uint)(State.Batches + part), 0);

    /// <summary>Measures the time of reading data until the result is disposed of.</summary>
    public Timing TimeReading() => new(reading);

    /// <summary>
    /// Updates the weights from the gradients of an update's micro-batches, and reports the step. Returns false if the loss diverged and
    /// the run went back to its last checkpoint.
    /// </summary>
    /// <param name="loss">Mean loss of the update.</param>
    /// <param name="parts">Number of its micro-batches, the next ones of <see cref="TrainingState.Batches"/>.</param>
    /// <param name="tokens">Number of its tokens.</param>
    public bool Update(double loss, int parts, long tokens)
    {
        var step = Step + 1;
        double norm;
        try
        {
            norm = update.Apply(step, loss);
        }
        catch (DivergedException e) when (MayRollBack)
        {
            meter.Stop(0);
            RollBack(e, parts);
            return false;
        }
        State = State with { Step = step, Batches = State.Batches + parts, Tokens = State.Tokens + tokens, RecentLosses = update.Spike?.Losses ?? [] };
        meter.Stop(tokens);
        if (IsDue(where.ReportEvery) || meter.Steps == 1)
        {
            Report(new StepDone(step, options.Steps, loss, update.RateAt(step), norm, State.Tokens, folder.TrainedBefore + meter.Time,
                meter.TokensPerSecond(), meter.TimeFor(options.Steps - step)));
        }
        return true;
    }

    /// <summary>
    /// If the run keeps an average of the weights (EMA), the model holds the average until the result is disposed of. Evaluate and sample
    /// with it.
    /// </summary>
    public AveragedWeights WithAverage() => new(ema);

    /// <summary>Records an evaluation. Returns false if its loss is not finite and the run went back to its last checkpoint.</summary>
    public bool Record(Measurement measured)
    {
        if (!double.IsFinite(measured.Loss) || !double.IsFinite(measured.Criterion))
        {
            var error = new DivergedException(Step, "the held-out loss", double.IsFinite(measured.Loss) ? measured.Criterion : measured.Loss,
                NonFinite.Find(parameters)?.ToString());
            if (!MayRollBack)
                throw error;
            RollBack(error, parts: 0);
            return false;
        }
        var best = State.Best is not { } before || before.Step == Step || measured.Criterion < before.Loss;
        if (best)
            State = State with { Best = (measured.Criterion, Step) };
        Report(new Evaluated(Step, measured.Loss, measured.BitsPerByte, best) { Unit = measured.Unit, Scores = measured.Scores, Curves = measured.Curves });
        return true;
    }

    /// <summary>Saves a checkpoint, with the average of the weights if the run keeps one.</summary>
    public void Save()
    {
        using (WithAverage())
            checkpoint = Checkpoint.Save(folder.Checkpoints, options.Model, parameters, tokenizer, optimizer, State, adapter, settings, AlsoSave);
        (saved, rollbacks) = ((Step, State.Best?.Step), 0);
        if (stopgap is not null && stopgap != checkpoint && Directory.Exists(stopgap))
            Directory.Delete(stopgap, recursive: true); // an uninterrupted run does not have it, and the average of the last checkpoints must be the same
        stopgap = null;
        Report(new Saved(Step, checkpoint));
    }

    /// <summary>Records an event and reports it to the caller.</summary>
    public void Report(RunEvent e)
    {
        folder.Record(e);
        progress?.Report(e);
    }

    /// <summary>Reports a message to the caller without recording it.</summary>
    public void Notify(string name, string detail) => progress?.Report(new StageStarted(name, detail));

    /// <summary>Ends a run after its last step.</summary>
    public void Finish() => folder.End(RunState.Finished, Step);

    /// <summary>Ends a run that was stopped: drops an incomplete update and saves a checkpoint of the last one.</summary>
    public void Interrupt()
    {
        meter.Stop(0);
        parameters.ClearGradients();
        if (saved.Step != Step)
            Save();
        folder.End(HasNext || EvaluatedNow is null ? RunState.Interrupted : RunState.Finished, Step);
    }

    /// <summary>
    /// Records in the run folder the error that ended the run. If a sample or a rollout failed because the weights are no longer finite, throws a
    /// <see cref="DivergedException"/> in place of that error, because the divergence is its cause.
    /// </summary>
    public void Fail(Exception e)
    {
        if (e is InvalidDataException && NonFinite.InWeights(parameters) is { } found)
        {
            var diverged = new DivergedException(Step, "a weight", found.Value, found.ToString());
            Fail(diverged);
            throw diverged;
        }
        folder.TryEnd(e is DivergedException ? RunState.Diverged : RunState.Failed, Step, e.Message);
    }

    /// <summary>The result of the run.</summary>
    /// <param name="flopsPerToken">FLOPs per token; null: not counted.</param>
    public TrainingResult Result(double? flopsPerToken = null) => new()
    {
        Step = Step,
        Interrupted = HasNext || EvaluatedNow is null,
        HeldOut = HasNext ? null : EvaluatedNow,
        Parameters = parameters.Count,
        Tokens = meter.Tokens,
        Training = meter.Time,
        ReadingData = reading.Elapsed,
        Logging = folder.Logging,
        Flops = flopsPerToken * meter.Tokens,
        Folder = folder.FullPath,
        Checkpoint = checkpoint!,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        optimizer.Dispose();
        folder.Dispose();
    }

    bool MayRollBack => options.OnDivergence == OnDivergence.Rollback && rollbacks < MostRollbacks && folder.Checkpoints.Last is not null;

    void Restore(Checkpoint from)
    {
        from.Restore(parameters, optimizer);
        ema?.Restored();
    }

    /// <summary>Goes back to the last checkpoint. The batches since then are skipped.</summary>
    void RollBack(DivergedException e, int parts)
    {
        parameters.ClearGradients();
        var back = Checkpoint.Open(folder.Checkpoints.Last!);
        back.RestoreWeights(parameters, options.Model, adapter);
        Restore(back);
        update.Spike?.Restore(back.State.RecentLosses);
        State = back.State with { Batches = State.Batches + parts, Options = State.Options, Join = State.Join };
        rollbacks++;
        folder.RewindTo(Step);
        Report(new RolledBack(Step, (int)e.Step, e.Message));
    }
}
