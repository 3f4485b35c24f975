import Base

/// An AWS SAM template for a package's functions.
struct LambdaTemplate {
    /// A function in the template.
    struct Entry {
        let function: FunctionConfiguration
        /// The name of the ZIP archive.
        let archive: String
        let variables: [(name: String, value: String)]
        let secrets: [String]
        /// The schedule expressions of EventBridge Scheduler.
        let schedules: [String]

        /// The name of the resource: api-mcp-findings becomes ApiMcpFindings.
        var resource: String {
            function.function.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        }
    }

    /// The smallest and largest memory of a function in MB (Lambda quotas).
    private static let memory = (least: 128, most: 10_240)
    /// The longest time limit of a function in seconds (Lambda quotas).
    private static let longestTime = 900

    let name: String
    let machine: Executable.Machine
    let entries: [Entry]

    /// The template as YAML.
    var yaml: YAML {
        .map([
            ("AWSTemplateFormatVersion", "2010-09-09"),
            ("Transform", "AWS::Serverless-2016-10-31"),
            ("Description", .text("The functions of \(name).")),
            ("Parameters", .map([("SecretName", secretName), ("LogRetentionInDays", logRetention)])),
            ("Globals", ["Function": globals]),
            ("Resources", .map(entries.flatMap { [($0.resource, resource($0)), (logGroup($0), logs($0))] })),
            ("Outputs", outputs),
        ])
    }

    private var secretName: YAML {
        [
            "Type": "String", "Default": .text(name),
            "Description": "The secret in Secrets Manager, a JSON object with the secrets by their names.",
        ]
    }

    private var logRetention: YAML { ["Type": "Number", "Default": 30] }

    private var globals: YAML {
        [
            "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": [.text(machine.rawValue)],
        ]
    }

    private func resource(_ entry: Entry) -> YAML {
        let limits = entry.function.limits
        let memory = min(max(limits.memoryMegabytes, Self.memory.least), Self.memory.most)
        let seconds = min((limits.timeoutMilliseconds + 999) / 1_000, Self.longestTime)
        let isScheduled = !entry.schedules.isEmpty
        return [
            "Type": "AWS::Serverless::Function",
            "Properties": .map([
                ("CodeUri", .text(entry.archive)),
                ("Description", .text(entry.function.route)),
                ("MemorySize", .number(memory)),
                ("Timeout", .number(seconds)),
                ("Environment", ["Variables": environment(entry)]),
                ("LoggingConfig", ["LogFormat": "JSON", "LogGroup": ["Ref": .text(logGroup(entry))]]),
                ("FunctionUrlConfig", entry.function.methods.isEmpty ? nil : url(entry)),
                // All schedules of the product run every minute. The next run does the work that this run left, so a
                // repetition is not needed.
                ("EventInvokeConfig", isScheduled ? ["MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60] : nil),
                ("Events", isScheduled ? events(entry) : nil),
            ]),
        ]
    }

    private func environment(_ entry: Entry) -> YAML {
        let variables = entry.variables.map { ($0.name, YAML.text($0.value)) as (String, YAML?) }
        let secrets = entry.secrets.map { name in
            let reference = "{{resolve:secretsmanager:${SecretName}:SecretString:\(name)}}"
            return (name, ["Fn::Sub": .text(reference)] as YAML) as (String, YAML?)
        }
        return .map((variables + secrets).sorted { $0.0 < $1.0 })
    }

    /// Returns the settings of a function's URL. The functions check their callers themselves, so the URL is open.
    private func url(_ entry: Entry) -> YAML {
        ["AuthType": "NONE", "InvokeMode": entry.function.streams ? "RESPONSE_STREAM" : "BUFFERED"]
    }

    /// Returns the schedules that start a function. Their event has the form of a scheduled event of EventBridge,
    /// because a schedule without an Input sends one whose time is missing.
    private func events(_ entry: Entry) -> YAML {
        let input: JSON = [
            "version": "0", "id": "<aws.scheduler.execution-id>", "detail-type": "Scheduled Event",
            "source": "aws.scheduler", "time": "<aws.scheduler.scheduled-time>", "detail": [:],
        ]
        let text = String(decoding: JSONWriter.bytes(input), as: UTF8.self)
        return .map(
            entry.schedules.enumerated().map { index, schedule in
                let properties: YAML = [
                    "ScheduleExpression": .text(schedule), "ScheduleExpressionTimezone": "UTC", "Input": .text(text),
                    "RetryPolicy": ["MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60],
                ]
                return ("Schedule\(index + 1)", ["Type": "ScheduleV2", "Properties": properties])
            })
    }

    private func logGroup(_ entry: Entry) -> String { entry.resource + "Log" }

    private func logs(_ entry: Entry) -> YAML {
        [
            "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete",
            "Properties": [
                "LogGroupName": ["Fn::Sub": .text("/\(name)/${AWS::StackName}/\(entry.function.function)")],
                "RetentionInDays": ["Ref": "LogRetentionInDays"],
            ],
        ]
    }

    private var outputs: YAML {
        .map(
            entries.filter { !$0.function.methods.isEmpty }.map { entry in
                (
                    entry.resource + "Address",
                    [
                        "Description": .text(entry.function.route),
                        "Value": ["Fn::GetAtt": [.text(entry.resource + "Url"), "FunctionUrl"]],
                    ]
                )
            })
    }
}
