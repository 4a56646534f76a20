using Nonet.Cli;

var terminal = Terminal.Standard();
using var interruption = Interruption.BySignals(terminal);
return await CommandLine.Run(args, terminal, interruption);
